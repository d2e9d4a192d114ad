# What each program in examples/ shows is in a file beside it, examples/*/shown.txt: every call with its name, its status and flags, its annotations and
# errors. An instrument that records nothing leaves a gap there. Sourced by tests/run.
#
#   XRAY_TEST_SHOW=keep tests/run examples     keeps what they show now, to be looked at in the diff of the repository

# The directories of examples/, and for some the servers whose URLs they take as arguments.
examples=(quickstart actix-web aws-sdk axum hyper lambda mongodb mysql-async reqwest reqwest-middleware rusqlite three-services sqlx tokio-postgres)
declare -A example_servers=([mongodb]=mongodb [mysql-async]=mariadb [tokio-postgres]=postgres)

# Their programs are linked with what the tests have built: `--test` says that dependencies have the features that they have there. That each example
# builds with what its own manifest asks for is checked elsewhere (.ci/run).
phase_examples() {
    local example server urls directory others=()
    every_example_is_known
    cargo build "${everything[@]}" --bins --test same_scenarios
    directory="$(target_directory)/debug"
    for example in "${examples[@]}"; do
        urls=()
        for server in ${example_servers[$example]:-}; do urls+=("$(url_of "$server")"); done
        run_example "$example" "$directory" "${urls[@]}"
        compare_example "examples/$example/shown.txt" || others+=("$example")
    done
    if ((${#others[@]})); then
        fail "not shown as examples/*/shown.txt says: ${others[*]}; the differences are above. If they are wanted, XRAY_TEST_SHOW=keep tests/run examples keeps them"
    fi
    compare_readme README.md examples/quickstart/shown.txt || fail "README.md shows what the quickstart does not show; copy from \`cargo run -p quickstart\`"
}

every_example_is_known() {
    local example
    for example in examples/*/; do
        example=$(basename "$example")
        [[ " ${examples[*]} " == *" $example "* ]] || fail "nobody runs examples/$example: tests/examples.bash does not list it"
        grep -q "examples/$example" README.md || fail "nobody finds examples/$example: README.md does not link to it"
    done
}

# run_example EXAMPLE DIRECTORY [URL]: runs its program from there and keeps what it shows, on both outputs.
run_example() {
    local program="example-$1"
    if [[ $1 == quickstart ]]; then program=quickstart; fi
    printf '\n%s\n' "$program"
    # So wide that no line is cut.
    COLUMNS=250 within 60 "$2/$program" "${@:3}" >"$steps_directory/output" 2>&1 || {
        cat "$steps_directory/output"
        fail "$program has $within_outcome"
    }
    cat "$steps_directory/output"
    without_chance "${3:-}" <"$steps_directory/output" >"$steps_directory/shown"
}

# compare_example FILE: with what was kept last.
compare_example() {
    if [[ ${XRAY_TEST_SHOW:-} == keep ]]; then cp "$steps_directory/shown" "$1"; fi
    [[ -s $1 ]] || fail "nobody knows what it is to show: there is no $1"
    diff --unified=99 --label "$1" --label 'shown now' "$1" "$steps_directory/shown"
}

# without_chance [URL]: leaves out of what a program shows the ids of traces, the durations with their bars, and which server it is that has this URL.
without_chance() {
    local url=${1:-} server database
    server=${url#*://}
    server=${server#*@}
    server=${server%%[:/?]*}
    database=${url##*/}
    database=${database%%\?*}
    sed -E -e 's/1-[0-9a-f]{8}-[0-9a-f]{24}/ID/' -e 's/ +[0-9.]+ (µs|ms|s|min)(  [ ▌▐█]*)?$//' \
        -e "s/\b${database:-example}@${server:-no server}\b/database@server/"
}

# compare_readme README SHOWN: README shows the root as it is, and some of what is directly below, each with all that is below it.
compare_readme() {
    local text shown part parts
    shown=$(printf '\n' && sed 1d "$2")
    text=$(sed -n '/^order-service /,/^```/{/^```/!p}' "$1" | without_chance)
    [[ -n $text ]] || fail "$1 shows no trace of the quickstart"
    mapfile -d '' parts < <(sed -E 's/^[├└]─ /\x00&/' <<<"$text")
    for part in "${parts[@]}"; do
        part=${part%$'\n'}
        if [[ $shown != *$'\n'"$part"$'\n├─'* && $shown != *$'\n'"$part"$'\n└─'* && $shown != *$'\n'"$part"$'\n\n'* ]]; then
            printf '%s has this, %s has not:\n%s\n' "$1" "$2" "$part"
            return 1
        fi
    done
}
