"""Checks the packages that `cargo publish --dry-run` has made: what they hold, and what they say about themselves; reads `cargo metadata --no-deps` from
its input."""

import json
import sys
import tarfile
from pathlib import Path

# Nothing of the tests, the scripts and the repository's own pages goes to those who only build it.
ALLOWED = {"Cargo.toml", "Cargo.toml.orig", "Cargo.lock", ".cargo_vcs_info.json", "README.md", "LICENSE", "CHANGELOG.md", "build.rs"}
FIELDS = ("description", "license", "repository", "documentation", "readme", "keywords", "categories")

metadata = json.load(sys.stdin)
published = [package for package in metadata["packages"] if package["publish"] is None]
names = {package["name"] for package in published}
problems = []

for package in published:
    name, root = package["name"], Path(package["manifest_path"]).parent
    say = lambda problem: problems.append(f"{name}: {problem}")
    for field in FIELDS:
        if not package[field]:
            say(f"has no {field}")
    if not (package["metadata"] or {}).get("docs", {}).get("rs", {}).get("all-features") and package["features"]:
        say("docs.rs would not show all of its features")
    for dependency in package["dependencies"]:
        if dependency["kind"] != "dev" and "path" in dependency and dependency["req"] == "*":
            say(f"depends on {dependency['name']} by its path only")

    archives = sorted(Path(metadata["target_directory"], "package").rglob(f"{name}-{package['version']}.crate"))
    if not archives:
        say("was not made")
        continue
    with tarfile.open(archives[0]) as crate:
        files = {member.name.split("/", 1)[1]: member for member in crate}
        for file in sorted(files):
            if file not in ALLOWED and not file.startswith("src/"):
                say(f"holds {file}")
        for file in ["README.md", "LICENSE", *(str(file.relative_to(root)) for file in root.glob("src/**/*") if file.is_file())]:
            if file not in files:
                say(f"lacks {file}")
        for file in ("README.md", "LICENSE"):
            if file in files and not crate.extractfile(files[file]).read().strip():
                say(f"has an empty {file}")

if not names:
    problems.append("nothing would be published")
print(f"{len(names)} packages: {', '.join(sorted(names))}")
if problems:
    sys.exit("\n".join(problems))
