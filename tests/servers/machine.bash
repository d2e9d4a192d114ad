# What the tests need from the machine: system packages, a Python environment, a place to keep it.
# Sourced by tests/run and .ci/run.

# Kept between runs and outside the repository. For root it must be a place that `nobody` may read, which a home directory is not.
default_cache() {
    if ((EUID == 0)); then echo /var/cache/aws-xray-sdk-tests; else echo "${XDG_CACHE_HOME:-$HOME/.cache}/aws-xray-sdk-tests"; fi
}
cache="${XRAY_TEST_CACHE:-$(default_cache)}"
python="" # the interpreter of the environment that python_packages made ready last

# The system's own Python first: one from a version manager lives in a home directory, where `nobody` cannot run it.
system_python() {
    if [[ -x /usr/bin/python3 ]]; then echo /usr/bin/python3; else command -v python3; fi
}

fail() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

# Where cargo puts what it builds.
target_directory() { cargo metadata --no-deps --format-version 1 | sed 's/.*"target_directory":"\([^"]*\)".*/\1/'; }

# in_time SECONDS PROGRAM ARGUMENT...: for what waits for the network. What it starts may go on, as a service does that a package brings.
in_time() {
    local status=0
    timeout --kill-after=10 "$@" || status=$?
    if ((status == 124 || status == 137)); then fail "has not ended within $1 s: ${*:2}"; fi
    return "$status"
}

# need_packages COMMAND-THAT-PROVES-IT PACKAGE...: installs Debian packages, but only if the command fails and only as root.
need_packages() {
    local proof=$1
    shift
    if $proof; then return; fi
    if ((EUID != 0)) || ! command -v apt-get >/dev/null; then
        fail "this machine lacks $*; install it (Debian, Ubuntu: sudo apt-get install $*), then run this again"
    fi
    printf 'Installing %s\n' "$*"
    in_time 300 apt-get update -qq
    DEBIAN_FRONTEND=noninteractive in_time 900 apt-get install -qq -y --no-install-recommends "$@" >/dev/null
    $proof || fail "$* is installed and still does not work"
}

has_python() { [[ -n "$(system_python)" ]]; }
has_venv() { has_python && "$(system_python)" -c 'import ensurepip, venv' 2>/dev/null; }
has_networks() { command -v ip >/dev/null && command -v unshare >/dev/null; }
has_linker() { command -v cc >/dev/null; }
has_curl() { command -v curl >/dev/null; }
has_system_sqlite() { command -v pkg-config >/dev/null && pkg-config --exists sqlite3; }

need_python() { need_packages has_python python3; }
need_curl() { need_packages has_curl curl; }
need_linker() { need_packages has_linker gcc libc6-dev; }
# For rusqlite with the SQLite of the system instead of its own.
need_system_sqlite() { need_packages has_system_sqlite libsqlite3-dev pkg-config; }
# For a test that makes a network of its own.
need_networks() { need_packages has_networks iproute2 util-linux; }

# python_packages NAME PACKAGE...: installs pinned packages into an environment of their own, once, and sets `python` to its interpreter.
# One environment for each name, so that a server given by its URL costs nothing here.
python_packages() {
    local environment="$cache/$1"
    shift
    python="$environment/bin/python"
    local wanted="$*"
    if [[ -x $python && "$(cat "$environment/installed" 2>/dev/null)" == "$wanted" ]]; then return; fi
    need_packages has_venv python3 python3-venv
    printf 'Installing into %s: %s\n' "$environment" "$wanted"
    rm -rf "$environment"
    (umask 022 && mkdir -p "$cache" && "$(system_python)" -m venv "$environment" && in_time 900 "$python" -m pip install --quiet "$@")
    echo "$wanted" >"$environment/installed"
}
