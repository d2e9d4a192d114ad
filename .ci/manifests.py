"""Checks what the manifests promise and no compiler notices; reads `cargo metadata --no-deps` from its input."""

import json
import sys

FACADE = "aws-xray-sdk"
# Traced by a hook of the process: a program that lacks the feature compiles, and shows nothing.
WITHOUT_A_WORD = {"rusqlite": "rusqlite"}

packages = {package["name"]: package for package in json.load(sys.stdin)["packages"]}
features = packages[FACADE]["features"]
problems = []

missing = sorted(features.keys() - {"default", "full"} - set(features["full"]))
if missing:
    problems.append(f"the feature `full` lacks {', '.join(missing)}")

for package in packages.values():
    if "/examples/" not in package["manifest_path"]:
        continue
    dependencies = {dependency["name"]: dependency for dependency in package["dependencies"] if dependency["kind"] is None}
    asked = set(dependencies.get(FACADE, {}).get("features", []))
    for library, feature in WITHOUT_A_WORD.items():
        if library in dependencies and feature not in asked:
            problems.append(f"{package['name']} uses {library} without the feature `{feature}` of {FACADE}")

if problems:
    sys.exit("\n".join(problems))
