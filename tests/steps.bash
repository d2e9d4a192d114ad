# Steps under time limits: what takes too long is ended and named, nothing stays behind, and a table says what each step cost.
# Sourced by .ci/run and tests/run.

# `step` appends to this file, also where tests/run is a step of .ci/run.
steps_file="${XRAY_STEPS_FILE:-}"
# Every process that a shell starts carries its mark in its environment. Marks nest: those of `within` begin with that of the shell.
# shellcheck disable=SC2154 # set where this runs inside of another
export XRAY_STEPS_MARK="${XRAY_STEPS_MARK:-}/$$"
# What stands before the name of a step in the table: the step that this script is, if it is one.
steps_prefix="${XRAY_STEPS_PREFIX:-}"
# The second of this script at which everything must have ended, whatever is left of a step's own limit.
run_ends=""
# How long a process that was told to end may take for it.
grace_seconds=5

# begin_steps: to be called once, first. Whatever ends the shell also ends what it has started.
begin_steps() {
    steps_directory=$(mktemp -d)
    if [[ -z $steps_file ]]; then
        steps_file="$steps_directory/table"
        export XRAY_STEPS_FILE="$steps_file"
    fi
    trap 'end_steps $?' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
}

end_steps() {
    trap - EXIT
    trap '' INT TERM HUP
    end_processes "$$" "$XRAY_STEPS_MARK"
    if [[ $steps_file == "$steps_directory"/* ]]; then print_steps; fi
    rm -rf "$steps_directory"
    if declare -F at_end >/dev/null; then at_end; fi
    exit "$1"
}

# step NAME SECONDS COMMAND...: runs a program or a function of this script in a process of its own. It must end well and within its time, and must
# leave no process behind. Else this script ends.
step() {
    local step_name=$1 limit=$2 status
    shift 2
    if [[ -n $run_ends && $((run_ends - SECONDS)) -lt $limit ]]; then limit=$((run_ends - SECONDS)); fi
    begin_row "$step_name"
    # Not `within ... || status=$?`: there, bash would not end the function at its first failure.
    set +e
    within "$limit" "$@"
    status=$?
    set -e
    end_row "$step_name" "$within_outcome"
    if ((status)); then exit "$status"; fi
}

begin_row() {
    printf '\n=== %s\n' "$1"
    row_began=$SECONDS
    row_cpu=$(cpu_of_children)
}

end_row() {
    local seconds=$((SECONDS - row_began))
    printf '%s%s\t%d\t%d\t%s\n' "$steps_prefix" "$1" "$seconds" $(($(cpu_of_children) - row_cpu)) "$2" >>"$steps_file"
    printf '=== %s %s: %d s\n' "$1" "$2" "$seconds"
}

# Those of a script that was a step stand before it and bear its name.
print_steps() {
    [[ -s $steps_file ]] || return 0
    printf '\n%-28s %8s %12s\n' step seconds 'CPU seconds'
    local name seconds cpu outcome
    while IFS=$'\t' read -r name seconds cpu outcome; do
        printf '%-28s %8d %12d  %s\n' "$name" "$seconds" "$cpu" "${outcome#passed}"
    done <"$steps_file"
}

# within SECONDS COMMAND...: runs a program or a function in a process of its own. 124 says that its time ran out, 125 that it ended well and left
# processes behind; in both cases they are named, and ended.
within() {
    local seconds=$1 mark process timer status=0 over
    shift
    mark="$XRAY_STEPS_MARK/$RANDOM$RANDOM"
    over="$steps_directory/${mark##*/}"
    set -m
    (
        set -e
        export XRAY_STEPS_MARK="$mark" XRAY_STEPS_PREFIX="$steps_prefix${step_name:+$step_name: }"
        trap - EXIT INT TERM HUP
        "$@"
    ) </dev/null &
    process=$!
    (
        trap - EXIT INT TERM HUP
        sleep "$seconds"
        {
            printf '\n%s: %s has not ended within %d s; still running:\n' "${0##*/}" "$1" "$seconds"
            name_processes "$process" "$mark"
        } >&2
        echo over >"$over"
        end_processes "$process" "$mark"
    ) </dev/null &
    timer=$!
    set +m
    wait "$process" || status=$?
    if ((status)); then within_outcome=failed; else within_outcome=passed; fi
    if [[ -s $over ]]; then
        wait "$timer" || true
        status=124 within_outcome="ended: $seconds s are over"
    else
        kill -KILL -- "-$timer" 2>/dev/null || true
        wait "$timer" 2>/dev/null || true
        if ! gone "$process" "$mark"; then
            printf '%s: %s has ended, and left behind:\n' "${0##*/}" "$1" >&2
            name_processes "$process" "$mark" >&2
            end_processes "$process" "$mark"
            if ((status == 0)); then status=125 within_outcome="failed: left processes behind"; fi
        fi
    fi
    return "$status"
}

# processes_of PROCESS MARK: whatever came from a process and lives: its group, its descendants, and who carries the mark, as also those do whose
# parents have ended. Not the shells that ask.
processes_of() {
    local root=$1 mark=$2 file pid line state parent group found=1
    local -A parents=() ours=([$1]=1)
    while IFS=/ read -r _ _ pid _; do ours[$pid]=1; done < <(grep -lszE "^XRAY_STEPS_MARK=$mark(/|\$)" /proc/[0-9]*/environ)
    for file in /proc/[0-9]*/stat; do
        { read -r line <"$file"; } 2>/dev/null || continue
        pid=${line%% *}
        read -r state parent group _ <<<"${line##*) }"
        if [[ $state == [ZX] || $pid == "$BASHPID" || $parent == "$BASHPID" ]]; then continue; fi
        parents[$pid]=$parent
        if [[ $group == "$root" ]]; then ours[$pid]=1; fi
    done
    while ((found)); do
        found=0
        for pid in "${!parents[@]}"; do
            if [[ -z ${ours[$pid]:-} && -n ${ours[${parents[$pid]}]:-} ]]; then ours[$pid]=1 found=1; fi
        done
    done
    for pid in "${!parents[@]}"; do
        if [[ -n ${ours[$pid]:-} && $pid != "$$" ]]; then printf '%d\n' "$pid"; fi
    done
}

name_processes() {
    local pid command
    for pid in $(processes_of "$@"); do
        command=$(tr '\0\n' '  ' 2>/dev/null <"/proc/$pid/cmdline") || continue
        printf '    %d %.200s\n' "$pid" "$command"
    done
}

# gone PROCESS MARK: a process that ends with its parent may need a moment.
gone() {
    local end=$((SECONDS + grace_seconds))
    until [[ -z $(processes_of "$@") ]]; do
        if ((SECONDS >= end)); then return 1; fi
        sleep 0.1
    done
}

end_processes() {
    local processes
    processes=$(processes_of "$@")
    # shellcheck disable=SC2086 # several numbers
    if [[ -n $processes ]]; then kill $processes 2>/dev/null || true; fi
    if ! gone "$@"; then
        # shellcheck disable=SC2046
        kill -KILL $(processes_of "$@") 2>/dev/null || true
    fi
}

# In whole seconds, of all processes that this shell has waited for.
cpu_of_children() {
    local line fields
    line=$(<"/proc/$$/stat")
    read -ra fields <<<"${line##*) }"
    echo $(((fields[13] + fields[14]) / $(getconf CLK_TCK)))
}
