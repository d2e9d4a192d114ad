#!/usr/bin/env bash
# Tests of what runs the tests: steps.bash, the ports of servers/servers.bash, and examples.bash.
set -euo pipefail
cd "$(dirname "$0")/.."
source tests/servers/machine.bash
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
passed=0
# A number that stands in the command lines of this run alone: so long sleeps what should be ended.
long=$((100000 + $$))

main() {
    local test
    for test in $(declare -F | sed -n 's/^declare -f \(test_.*\)/\1/p'); do
        "$test"
        printf '%s ... ok\n' "$test"
        passed=$((passed + 1))
    done
    printf '%d passed, 0 failed\n' "$passed"
}

test_steps_that_end_well_pass() {
    run 0 'one() { echo first; }; step one 20 one; step two 20 echo second'
    said 'first' 'second' 'one .* 0 ' 'two .* 0 '
}

# Bash itself forgets this in functions that are called where failures are looked at.
test_a_function_ends_at_its_first_failure() {
    run 1 'broken() { false; echo went on; }; step broken 20 broken; echo and on'
    said 'broken .* failed'
    not_said 'went on' 'and on'
}

test_what_hangs_is_ended_and_named() {
    local hanging
    for hanging in \
        "hang() { sleep $long; }" \
        "hang() { until false; do sleep 0.05; : $long; done; }" \
        "hang() { bash -c 'sleep $long & wait'; }" \
        "hang() { setsid --wait sleep $long; }" \
        "hang() { within 100 sleep $long; }" \
        "hang() { bash -c 'trap \"\" TERM; sleep $long; sleep $long'; }" \
        "hang() { env --ignore-environment setsid --wait sleep $long; }"; do
        run 124 "$hanging; step slow 1 hang; echo went on"
        said 'hang has not ended within 1 s; still running:' "[0-9]+ (sleep $long|bash)" 'slow .* ended: 1 s are over'
        not_said 'went on'
        nothing_left "$hanging"
    done
}

test_what_is_left_behind_is_ended_and_named() {
    run 125 "leaving() { (setsid sleep $long &); }; step leaving 20 leaving"
    said 'left behind:' "[0-9]+ sleep $long" 'leaving .* failed: left processes behind'
    run 0 "leaving() { (setsid sleep $long &); }; within 20 leaving || true; ! grep -lsz '^$long\$' /proc/[0-9]*/cmdline"
}

test_nothing_outlives_a_script_that_ends_early() {
    run 7 "sleep $long & setsid sleep $long & step fine 20 true; exit 7"
    nothing_left 'exit 7'
    run 143 "sleep $long & (sleep 0.5; kill -TERM \$\$) & step slow 20 sleep $long"
    nothing_left 'kill -TERM'
}

# With shorter limits than it has.
test_a_test_program_that_hangs_is_ended_and_named() {
    sed 's/^limit=.*/limit=1/; s/--kill-after=10/--kill-after=1/' tests/runner >"$directory/runner"
    run 124 "status=0; bash $directory/runner sleep $long || status=\$?; exit \$status"
    said 'sleep has not ended within 1 s'
    run 137 "bash $directory/runner bash -c 'trap \"\" TERM; until false; do :; done' 2>&1 || exit \$?"
    said 'bash has not ended within 1 s'
    run 7 "bash $directory/runner bash -c 'exit 7' || exit \$?"
    not_said 'has not ended'
    grep -q '^limit=600$' tests/runner || wrong 'tests/runner has another limit'
    nothing_left 'the runner'
}

test_all_steps_together_have_a_limit() {
    run 124 "run_ends=1; step first 20 sleep $long"
    said 'sleep has not ended within 1 s'
}

test_steps_of_a_step_are_in_its_table() {
    script inner 'step deep 20 true'
    run 0 "step outer 20 bash $directory/inner"
    said '^outer: deep +0 ' '^outer +[01] '
    [[ $(grep -c '^step ' "$directory/said") == 1 ]] || wrong 'there are two tables'
}

# Nobody is given a port that a server is going to listen on; until it does, connections are refused.
test_a_port_is_held_until_it_is_used() {
    # shellcheck disable=SC2016
    "$(system_python)" tests/servers/hold_port.py "$directory/port" "$(system_python)" -c '
import errno, socket, sys
port = int(sys.argv[1])
assert open(sys.argv[2]).read() == sys.argv[1]
assert socket.socket().connect_ex(("127.0.0.1", port)) == errno.ECONNREFUSED
try:
    socket.socket().bind(("127.0.0.1", port))
    sys.exit("anybody can have the port")
except OSError as error:
    assert error.errno == errno.EADDRINUSE
server = socket.create_server(("127.0.0.1", port))
socket.create_connection(("127.0.0.1", port))
' '{port}' "$directory/port"
}

# What `demo` shows is compared with what it is to show; whatever else it shows fails, and is in what is said.
test_what_an_example_shows_is_compared() {
    local shown='trace 1-6b0ec52a-2b028376ff96c1a8b9957c3c
shop GET 200         1.2 ms  ▐███████████▌
│  order=17
├─ load fault         25 µs  ▌
│     ✗ Error: closed
└─ orders@10.0.0.1    2.5 s    █' without
    printf '%s\n' 'trace ID' 'shop GET 200' '│  order=17' '├─ load fault' '│     ✗ Error: closed' '└─ database@server' >"$directory/shown.txt"
    example "$shown"
    run 0 "$example"
    for without in '3d' '4d' 's/ fault//' 's/order=17/order=18/' 's/ 200//' '5d' '$d' 's/load/store/' 's/orders@10.0.0.1/orders@10.0.0.2/' \
        's/orders@/books@/' '$a more' '1d' '1,$d'; do
        example "$(sed "$without" <<<"$shown")"
        run 1 "$example"
        said 'shown.txt' 'shown now' '^[-+]'
    done
    example "$shown
it says something on standard error' >&2; : '"
    run 1 "$example"
    said '^\+it says something on standard error'
    example "$shown'; exit 3; : '"
    run 1 "$example"
    said 'example-demo has failed'
    rm "$directory/shown.txt"
    example "$shown"
    run 1 "$example"
    said 'there is no .*/shown.txt'
    run 0 "XRAY_TEST_SHOW=keep; $example"
    run 0 "$example"
}

# example TEXT: sets `example` to a script that compares what a program shows.
example() {
    printf "#!/bin/sh\nprintf '%%s\\\\n' '%s'\n" "$1" >"$directory/example-demo"
    chmod +x "$directory/example-demo"
    example="source tests/servers/machine.bash; source tests/examples.bash
        run_example demo $directory postgresql://app:s3cret@10.0.0.1:5432/orders?x=y
        compare_example $directory/shown.txt"
}

test_readme_shows_what_the_quickstart_shows() {
    local wrong
    printf '%s\n' 'trace ID' 'order-service' '│  placed=5' '├─ one' '│  ├─ a' '│  └─ b' '├─ two' '│     order=2' '└─ three' '' 'What next?' >"$directory/shown.txt"
    readme() { printf '%s\n' 'cargo run:' '```text' 'order-service  30.4 ms  ████' "$@" '```' 'order-service' >"$directory/README.md"; }
    local compare="source tests/servers/machine.bash; source tests/examples.bash; compare_readme $directory/README.md $directory/shown.txt"
    readme '│  placed=5' '├─ one   1 µs  ▌' '│  ├─ a   1 µs   ▌' '│  └─ b   1 µs    ▌' '├─ two   1 µs     ▌' '│     order=2' '└─ three  1 µs     ▌'
    run 0 "$compare"
    readme '│  placed=5' '├─ two   1 µs  ▌' '│     order=2'
    run 0 "$compare"
    for wrong in '├─ one' '│  placed=6' '├─ two 200' '├─ four' $'├─ one\n│  ├─ a' $'├─ one\n│  └─ b' $'├─ two\n│     order=3' '└─ thre'; do
        if [[ $wrong == *placed* ]]; then readme "$wrong"; else readme '│  placed=5' "$wrong"; fi
        run 1 "$compare"
        said 'README.md has this, .*shown.txt has not'
    done
    printf 'no trace\n' >"$directory/README.md"
    run 1 "$compare"
    said 'shows no trace'
}

# script NAME TEXT: a script that uses steps.bash.
script() {
    {
        printf 'set -euo pipefail\nsource tests/steps.bash\ngrace_seconds=1\nbegin_steps\n%s\n' "$2"
    } >"$directory/$1"
}

# run STATUS TEXT: runs it as a script, which must end with that status.
run() {
    local status=0
    script main "$2"
    timeout --preserve-status --kill-after=5 30 env --unset=XRAY_STEPS_FILE --unset=XRAY_STEPS_PREFIX bash "$directory/main" >"$directory/said" 2>&1 || status=$?
    [[ $status == "$1" ]] || wrong "the status is $status, not $1: $2"
}

said() {
    local pattern
    for pattern in "$@"; do grep -Eq -- "$pattern" "$directory/said" || wrong "nobody said '$pattern'"; done
}

not_said() {
    local pattern
    for pattern in "$@"; do if grep -Eq -- "$pattern" "$directory/said"; then wrong "'$pattern' was said"; fi; done
}

nothing_left() {
    local left
    left=$(grep -lsz "^$long\$" /proc/[0-9]*/cmdline) || return 0
    wrong "$1 has left processes: $left"
}

wrong() {
    printf '%s: %s\n' "${FUNCNAME[2]}" "$1" >&2
    sed 's/^/    /' "$directory/said" >&2
    exit 1
}

main
