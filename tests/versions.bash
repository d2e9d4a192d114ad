# Tests against versions of a client library that the workspace's lock cannot have beside its own: a program holds one SQLite only, so sqlx
# decides there which rusqlite is taken. Sourced by tests/run.

# The oldest and the newest that xray-sql takes. The workspace's own is tested with everything else.
rusqlite_versions=(0.32.1 0.41.1)

phase_versions() {
    local version
    for version in "${rusqlite_versions[@]}"; do test_rusqlite "$version"; done
}

# Runs xray-sql's own tests of rusqlite in a package outside of the workspace. It begins with the workspace's lock, so that all else stays as it is.
test_rusqlite() {
    local version=$1 target package test
    printf 'rusqlite %s\n' "$version"
    target=$(target_directory)/versions
    package=$target/rusqlite-$version
    mkdir -p "$package/src"
    cp Cargo.lock "$package/"
    : >"$package/src/lib.rs"
    {
        cat <<MANIFEST
[package]
name = "rusqlite-${version//./_}"
version = "0.0.0"
edition = "2024"
rust-version = "$(workspace_value rust-version)"

[workspace]

[lib]
test = false

# The tests ask for features that are xray-sql's.
[lints.rust]
unexpected_cfgs = "allow"

[dev-dependencies]
rusqlite = { version = "=$version", features = ["bundled"] }
serde_json = "1"
tempfile = "3"
test-support = { path = "$PWD/tests/support" }
xray-core = { path = "$PWD/xray-core", features = ["testing"] }
xray-sql = { path = "$PWD/xray-sql", features = ["rusqlite"] }
MANIFEST
        for test in xray-sql/tests/rusqlite_*.rs; do
            printf '\n[[test]]\nname = "%s"\npath = "%s"\n' "$(basename "$test" .rs)" "$PWD/$test"
        done
    } >"$package/Cargo.toml"
    CARGO_TARGET_DIR="$target" cargo test --quiet --manifest-path "$package/Cargo.toml" --tests
    cargo tree --quiet --manifest-path "$package/Cargo.toml" --package "rusqlite@$version" --depth 0
}

target_directory() { cargo metadata --no-deps --format-version 1 | sed 's/.*"target_directory":"\([^"]*\)".*/\1/'; }

workspace_value() { sed -n "s/^$1 = \"\(.*\)\"/\1/p" Cargo.toml; }
