# Starts real servers on random loopback ports. Sourced by tests/run, after machine.bash and steps.bash, by which they end.
#
# A server is one file beside this one, NAME.bash, with three functions:
#   NAME_install        what it needs on this machine, installed only if missing
#   NAME_start          calls `start` with the command that serves 127.0.0.1:{port} and stays in the foreground
#   NAME_ready URL      succeeds once the server at URL does its work
# and, if need be,
#   NAME_client         what NAME_ready needs on this machine, installed only if missing
#   NAME_url PORT       the server's URL, if it is not http://127.0.0.1:PORT

server_process=""
server_directory=""
start_seconds=60

# provide NAME: exports XRAY_TEST_<NAME>_URL. A URL that is already set is used, and nothing is installed or started for it.
provide() {
    local name=$1 variable="XRAY_TEST_${1^^}_URL"
    # shellcheck source=/dev/null
    source "${BASH_SOURCE[0]%/*}/$name.bash"
    if declare -F "${name}_client" >/dev/null; then "${name}_client"; fi
    if [[ -n "${!variable:-}" ]]; then
        within 10 "${name}_ready" "${!variable}" || fail "$variable is ${!variable}, and no $name answers there"
    else
        "${name}_install"
        launch "$name" "$variable"
    fi
    printf '%s=%s\n' "$variable" "${!variable}"
}

launch() {
    local name=$1 variable=$2 port url deadline=$((SECONDS + start_seconds))
    "${name}_start"
    until [[ -s $server_directory/$name/port ]]; do wait_a_moment "$name" "got a port"; done
    port=$(<"$server_directory/$name/port")
    if declare -F "${name}_url" >/dev/null; then url=$("${name}_url" "$port"); else url="http://127.0.0.1:$port"; fi
    until within 10 "${name}_ready" "$url" 2>/dev/null; do wait_a_moment "$name" "answered at $url"; done
    export "$variable=$url"
}

# start NAME COMMAND...: runs a server in the background, in a directory of its own; as `nobody` when this is root. `{port}` stands for a port that
# nobody else gets.
start() {
    local name=$1 directory as_nobody=()
    shift
    if [[ -z $server_directory ]]; then
        server_directory=$(mktemp -d)
        chmod 711 "$server_directory"
    fi
    directory="$server_directory/$name"
    mkdir "$directory"
    local hold_port=("$(system_python)" "$PWD/${BASH_SOURCE[0]%/*}/hold_port.py" "$directory/port")
    if ((EUID == 0)); then
        chown 65534:65534 "$directory"
        as_nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups)
    fi
    (cd "$directory" && HOME="$directory" TMPDIR="$directory" exec "${hold_port[@]}" "${as_nobody[@]}" "$@") >"$server_directory/$name.log" 2>&1 </dev/null &
    server_process=$!
}

# wait_a_moment NAME WHAT-IT-HAS-NOT-DONE: in a loop of `launch`, whose server and deadline it looks at.
wait_a_moment() {
    if ! kill -0 "$server_process" 2>/dev/null || ((SECONDS >= deadline)); then
        sed 's/^/    /' "$server_directory/$1.log" >&2
        fail "$1 has not $2 within $start_seconds s; its log is above"
    fi
    sleep 0.05
}

# What steps.bash calls when everything that was started has ended.
at_end() {
    if [[ -n $server_directory ]]; then rm -rf "$server_directory"; fi
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
