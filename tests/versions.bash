# Tests against versions of a client library that the workspace's lock has not beside its own: a program holds one SQLite only, so sqlx
# decides there which rusqlite is taken and whose SQLite, and one mongodb 3. Sourced by tests/run.

# One of each minor that xray-sql takes. All are compiled, the oldest is tested with the SQLite of the system and the newest with its own; the workspace's
# is tested with everything else.
rusqlite_versions=(0.32.1 0.33.0 0.34.0 0.35.0 0.36.0 0.37.0 0.38.0 0.39.0 0.40.2 0.41.1)
# The oldest that xray-mongo takes; it does not compile with newer macros, although it accepts them. The workspace's own, which is the newest, is tested with the other version of BSON as well.
oldest_mongodb=3.3.0

phase_versions() {
    local version
    need_system_sqlite
    every_rusqlite_is_named
    for version in "${rusqlite_versions[@]}"; do
        rusqlite_package "$version"
        in_version check --tests
    done
    rusqlite_package "${rusqlite_versions[0]}"
    test_version
    rusqlite_package "${rusqlite_versions[-1]}" '"bundled"'
    test_version
    test_sqlx_with_system_sqlite
    test_mongodb "$oldest_mongodb" "$oldest_mongodb"
    test_mongodb "$(locked_version mongodb)" "$(locked_version mongodb-internal-macros)" bson-3
}

# By the range in the workspace's table: `>=0.32, <0.42`.
every_rusqlite_is_named() {
    local oldest beyond minor
    read -r oldest beyond < <(sed -nE 's/^rusqlite = .*">=0\.([0-9]+), <0\.([0-9]+)".*/\1 \2/p' Cargo.toml)
    for ((minor = oldest; minor < beyond; minor++)); do
        [[ " ${rusqlite_versions[*]}" == *" 0.$minor."* ]] || fail "xray-sql takes rusqlite 0.$minor, and tests/versions.bash does not name it"
    done
    ((${#rusqlite_versions[@]} == beyond - oldest)) || fail "tests/versions.bash names other versions of rusqlite than those from 0.$oldest to before 0.$beyond"
}

# rusqlite_package VERSION [FEATURE]
rusqlite_package() {
    version_package xray-sql rusqlite "$1" 'rusqlite_*' <<MANIFEST
rusqlite = { version = "=$1", features = [${2:-}] }
serde_json = "1"
tempfile = "3"
test-support = { path = "$PWD/tests/support" }
xray-core = { package = "aws-xray-sdk-core", path = "$PWD/xray-core", features = ["testing"] }
xray-sql = { package = "aws-xray-sdk-sql", path = "$PWD/xray-sql", features = ["rusqlite"] }
MANIFEST
}

# As the documentation of xray-sql says that a program gets it. That it has, its program says.
test_sqlx_with_system_sqlite() {
    local programs
    version_package xray-sql sqlx "$(locked_version sqlx)" 'sqlx_shapes' sqlx-sqlite <<MANIFEST
axum = { version = "0.8", default-features = false }
futures = "0.3"
serde_json = "1"
sqlx = { version = "=$(locked_version sqlx)", default-features = false, features = ["macros", "runtime-tokio", "sqlite"] }
test-support = { path = "$PWD/tests/support" }
tokio = { version = "1", features = ["macros", "rt-multi-thread"] }
xray-core = { package = "aws-xray-sdk-core", path = "$PWD/xray-core", features = ["testing"] }
xray-sql = { package = "aws-xray-sdk-sql", path = "$PWD/xray-sql", features = ["sqlx-sqlite"] }
MANIFEST
    rm -f "$versions"/debug/deps/sqlx_shapes-*
    export LIBSQLITE3_SYS_USE_PKG_CONFIG=1
    test_version
    unset LIBSQLITE3_SYS_USE_PKG_CONFIG
    programs=("$versions"/debug/deps/sqlx_shapes-*[0-9a-f])
    ldd "${programs[0]}" | grep libsqlite3 || fail "sqlx was not tested with the SQLite of the system: ${programs[0]} is not linked with it"
}

# test_mongodb VERSION MACROS FEATURE...
test_mongodb() {
    local version=$1 macros=$2 features
    shift 2
    features=$(printf ', "%s"' sync "$@")
    version_package xray-mongo mongodb "$version" '*' <<MANIFEST
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
    test_version --include-ignored
}

# version_package CRATE LIBRARY VERSION TESTS [FEATURE] <DEPENDENCIES: makes a package outside of the workspace of the crate's own tests of a library,
# with the crate's feature for it. It begins with the workspace's lock, so that all else stays as it is.
version_package() {
    local crate=$1 library=$2 version=$3 tests=$4 feature=${5:-$2} test
    version_of="$library@$version"
    versions=$(target_directory)/versions
    package=$versions/$library-$version
    printf '%s %s\n' "$library" "$version"
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
default = ["$feature"]
$feature = []

[dev-dependencies]
MANIFEST
        cat
        for test in "$crate/tests/"$tests.rs; do
            printf '\n[[test]]\nname = "%s"\npath = "%s"\n' "$(basename "$test" .rs)" "$PWD/$test"
        done
    } >"$package/Cargo.toml"
}

# test_version ARGUMENT...: runs the tests of the package that was made last.
test_version() {
    in_version test --tests -- "$@"
    cargo tree --quiet --manifest-path "$package/Cargo.toml" --edges dev --package "$version_of" --depth 0
}

# in_version COMMAND ARGUMENT...: of cargo. All versions share what they have in common.
in_version() { CARGO_TARGET_DIR="$versions" cargo "$1" --quiet --manifest-path "$package/Cargo.toml" "${@:2}"; }

workspace_value() { sed -n "s/^$1 = \"\(.*\)\"/\1/p" Cargo.toml; }

# locked_version CRATE: of which the workspace's lock has one version only.
locked_version() { sed -n "/^name = \"$1\"\$/{n;s/^version = \"\(.*\)\"/\1/p}" Cargo.lock; }
