# Starts real servers on random loopback ports and stops them again. Sourced by tests/run, after machine.bash.
#
# A server is one file beside this one, NAME.bash, with three functions:
#   NAME_install        what it needs on this machine, installed only if missing
#   NAME_start PORT     calls `start` with the command that serves 127.0.0.1:PORT and stays in the foreground
#   NAME_ready URL      succeeds once the server at URL does its work
# and NAME_url PORT, if its URL is not http://127.0.0.1:PORT.

server_processes=()
server_directory=""
start_seconds=60

# provide NAME: exports XRAY_TEST_<NAME>_URL. A URL that is already set is used, and nothing is installed or started for it.
provide() {
    local name=$1 variable="XRAY_TEST_${1^^}_URL"
    # shellcheck source=/dev/null
    source "${BASH_SOURCE[0]%/*}/$name.bash"
    if [[ -n "${!variable:-}" ]]; then
        "${name}_ready" "${!variable}" || fail "$variable is ${!variable}, and no $name answers there"
    else
        "${name}_install"
        launch "$name" "$variable"
    fi
    printf '%s=%s\n' "$variable" "${!variable}"
}

launch() {
    local name=$1 variable=$2 port url
    port=$(free_port)
    "${name}_start" "$port"
    if declare -F "${name}_url" >/dev/null; then url=$("${name}_url" "$port"); else url="http://127.0.0.1:$port"; fi
    wait_until_ready "$name" "$url" "${server_processes[-1]}"
    export "$variable=$url"
}

# start NAME COMMAND...: runs a server in the background, in a directory of its own; as `nobody` when this is root.
start() {
    local name=$1 directory as_nobody=()
    shift
    if [[ -z $server_directory ]]; then
        server_directory=$(mktemp -d)
        chmod 711 "$server_directory"
    fi
    directory="$server_directory/$name"
    mkdir "$directory"
    if ((EUID == 0)); then
        chown 65534:65534 "$directory"
        as_nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups)
    fi
    (cd "$directory" && HOME="$directory" exec "${as_nobody[@]}" "$@") >"$server_directory/$name.log" 2>&1 </dev/null &
    server_processes+=($!)
}

wait_until_ready() {
    local name=$1 url=$2 process=$3 deadline=$((SECONDS + start_seconds))
    until "${name}_ready" "$url"; do
        if ! kill -0 "$process" 2>/dev/null || ((SECONDS >= deadline)); then
            sed 's/^/    /' "$server_directory/$name.log" >&2
            fail "$name did not start at $url; its log is above"
        fi
        sleep 0.05
    done
}

# Stops what `start` started, by process id. Safe to call at any time and more than once.
stop_servers() {
    if ((${#server_processes[@]})); then
        kill "${server_processes[@]}" 2>/dev/null || true
        wait "${server_processes[@]}" 2>/dev/null || true
        server_processes=()
    fi
    if [[ -n $server_directory ]]; then rm -rf "$server_directory"; fi
    server_directory=""
}

free_port() {
    "$(system_python)" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# http_ok URL: succeeds if a GET of it is answered with 200. In plain bash, so that no curl is needed.
http_ok() {
    local address=${1#http://} path status
    path="/${address#*/}"
    address=${address%%/*}
    (
        exec 3<>"/dev/tcp/${address%:*}/${address##*:}" || exit 1
        printf 'GET %s HTTP/1.0\r\nHost: %s\r\n\r\n' "$path" "$address" >&3
        read -r -t 5 status <&3
        [[ $status == HTTP/*" 200 "* ]]
    ) 2>/dev/null
}
