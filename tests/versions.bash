# Tests against versions of a client library that the workspace's lock has not beside its own: a program holds one SQLite only, so sqlx
# decides there which rusqlite is taken, and one mongodb 3. Sourced by tests/run.

# The oldest and the newest that xray-sql takes. The workspace's own is tested with everything else.
rusqlite_versions=(0.32.1 0.41.1)
# The oldest that xray-mongo takes; it does not compile with newer macros, although it accepts them. The workspace's own, which is the newest, is tested with the other version of BSON as well.
oldest_mongodb=3.3.0

phase_versions() {
    local version
    for version in "${rusqlite_versions[@]}"; do test_rusqlite "$version"; done
    test_mongodb "$oldest_mongodb" "$oldest_mongodb"
    test_mongodb "$(locked_version mongodb)" "$(locked_version mongodb-internal-macros)" bson-3
}

test_rusqlite() {
    test_version xray-sql rusqlite "$1" 'rusqlite_*' <<MANIFEST
rusqlite = { version = "=$1", features = ["bundled"] }
serde_json = "1"
tempfile = "3"
test-support = { path = "$PWD/tests/support" }
xray-core = { package = "aws-xray-sdk-core", path = "$PWD/xray-core", features = ["testing"] }
xray-sql = { package = "aws-xray-sdk-sql", path = "$PWD/xray-sql", features = ["rusqlite"] }
MANIFEST
}

# test_mongodb VERSION MACROS FEATURE...
test_mongodb() {
    local version=$1 macros=$2 features
    shift 2
    features=$(printf ', "%s"' sync "$@")
    test_version xray-mongo mongodb "$version" '*' --include-ignored <<MANIFEST
axum = { version = "0.8", default-features = false, features = ["tokio"] }
futures = "0.3"
mongodb = { version = "=$version", features = [${features#, }] }
mongodb-internal-macros = "=$macros"
serde = { version = "1", features = ["derive"] }
test-support = { path = "$PWD/tests/support" }
tokio = { version = "1", features = ["macros", "rt-multi-thread", "sync", "time"] }
tower = { version = "0.5", features = ["util"] }
xray-core = { package = "aws-xray-sdk-core", path = "$PWD/xray-core", features = ["testing"] }
xray-mongo = { package = "aws-xray-sdk-mongo", path = "$PWD/xray-mongo", features = ["mongodb"] }
MANIFEST
}

# test_version CRATE LIBRARY VERSION TESTS ARGUMENT... <DEPENDENCIES: runs the crate's own tests of a library in a package outside of the
# workspace. It begins with the workspace's lock, so that all else stays as it is.
test_version() {
    local crate=$1 library=$2 version=$3 tests=$4 target package test
    shift 4
    target=$(target_directory)/versions
    package=$target/$library-$version
    mkdir -p "$package/src"
    cp Cargo.lock "$package/"
    : >"$package/src/lib.rs"
    {
        cat <<MANIFEST
[package]
name = "$library-${version//./_}"
version = "0.0.0"
edition = "2024"
rust-version = "$(workspace_value rust-version)"

[workspace]

[lib]
test = false

# The tests ask for features that are the crate's.
[lints.rust]
unexpected_cfgs = "allow"

[features]
default = ["$library"]
$library = []

[dev-dependencies]
MANIFEST
        cat
        for test in "$crate/tests/"$tests.rs; do
            printf '\n[[test]]\nname = "%s"\npath = "%s"\n' "$(basename "$test" .rs)" "$PWD/$test"
        done
    } >"$package/Cargo.toml"
    printf '%s %s\n' "$library" "$version"
    CARGO_TARGET_DIR="$target" cargo test --quiet --manifest-path "$package/Cargo.toml" --tests -- "$@"
    cargo tree --quiet --manifest-path "$package/Cargo.toml" --edges dev --package "$library@$version" --depth 0
}

workspace_value() { sed -n "s/^$1 = \"\(.*\)\"/\1/p" Cargo.toml; }

# locked_version CRATE: of which the workspace's lock has one version only.
locked_version() { sed -n "/^name = \"$1\"\$/{n;s/^version = \"\(.*\)\"/\1/p}" Cargo.lock; }
