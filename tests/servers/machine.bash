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

# unpack_from_debian RELEASE DIRECTORY PACKAGE...: the packages and all that they need, from the mirror that this machine has its own packages from,
# without installing anything. Perl, of which no server here is made, is left out.
unpack_from_debian() {
    local release=$1 directory=$2 mirror packages package
    shift 2
    # An image of Debian has the one file, what its installer or debootstrap made has the other.
    mirror=$(sed -nE 's/^(URIs:|deb( \[[^]]*\])?) +(https?:[^ ]+).*/\3/p' /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list 2>/dev/null | head -n 1)
    [[ -n $mirror ]] || return 1
    rm -rf "$directory"
    mkdir -p "$directory/apt/lists/partial" "$directory/apt/cache/archives/partial" || return 1
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $release main" >"$directory/apt/sources.list" || return 1
    local options=(-qq -o Dir::Etc::sourcelist="$directory/apt/sources.list" -o Dir::Etc::sourceparts=/dev/null
        -o Dir::State::lists="$directory/apt/lists" -o Dir::Cache="$directory/apt/cache" -o APT::Sandbox::User=root)
    in_time 300 apt-get "${options[@]}" update || return 1
    packages=$(apt-cache "${options[@]}" depends --recurse --no-recommends --no-suggests --no-conflicts --no-breaks --no-replaces --no-enhances "$@" |
        sed -n '/perl/d; s/^\([a-z0-9][a-z0-9+.-]*\)$/\1/p' | sort -u) || return 1
    # shellcheck disable=SC2086 # several packages
    (cd "$directory/apt" && in_time 600 apt-get "${options[@]}" download $packages) || return 1
    for package in "$directory"/apt/*.deb; do dpkg -x "$package" "$directory" || return 1; done
    rm -rf "$directory/apt"
}

# with_libraries_of DIRECTORY: sets `with_libraries` to what stands before a program so that it runs with what was unpacked there.
with_libraries_of() {
    local libraries loader
    libraries="$1/usr/lib/$(uname -m)-linux-gnu"
    loader=$(echo "$libraries"/ld-linux-*.so.*)
    with_libraries=("$loader" --library-path "$libraries:/usr/lib/$(uname -m)-linux-gnu")
}
