#!/usr/bin/env bash
# The board's part of ci/hil.sh: runs the cases of cases.sh, each in a session of its own and within a limit, without anybody
# connected. Needs bash 4.3, coreutils and util-linux, and nothing of what it needs may need room on a disk.
#
#   board.sh probe PARENT ...               what kind of board it is, and how much room is in each folder
#   board.sh prepare PARENT TOKEN           makes the folder of a run
#   board.sh forget PARENT TOKEN            removes it, for who does not know its name
#   board.sh start FOLDER SECONDS SLACK CASE-SECONDS QUICK CASES [NAME=VALUE ...]
#   board.sh watch FOLDER LINE              what the run says from that line on, until it is over
#   board.sh clean FOLDER                   ends all processes of the run and removes the folder
#
# A run says what it does in FOLDER/results/state: lines with tabs between the words and a dot as the last one. That file has its room
# from the beginning.
# shellcheck disable=SC2317 # functions are called by the name of the command
set -uf +H
unset BASH_ENV

STATE_BYTES=65536 LOG_HEAD=262144 LOG_TAIL=65536
# Seconds from TERM to KILL, and after that.
GRACE=3
# A case that fails while there is less has failed for that.
ROOM_KIB=1024

room() { # FOLDER: KiB that are free for this user
    local line
    line=$(df -Pk -- "$1" 2>/dev/null | tail -n 1) || return 1
    # shellcheck disable=SC2206 # words of a table
    line=($line)
    echo "${line[3]:-0}"
}

release() {
    local line
    # As nvbuf has it: the variable, if there is one.
    if [[ -n ${NVBUF_RELEASE:-} ]]; then
        [[ ! $NVBUF_RELEASE =~ ^(L4T\ )?[Rr]?([0-9.]+)$ ]] || echo "r${BASH_REMATCH[2]}"
    elif { read -r line </etc/nv_tegra_release; } 2>/dev/null &&
        [[ $line =~ ^#?\ *R([0-9]+)\ .*REVISION:\ *([0-9.]+) ]]; then
        echo "r${BASH_REMATCH[1]}.${BASH_REMATCH[2]}"
    fi
}

probe() { # PARENT ...
    local folder tool
    # What start-up files of the shell print would come first, and would spoil what is fetched.
    echo begin
    for tool in tar setsid timeout df tail head cmp mktemp grep; do
        command -v "$tool" >/dev/null || echo "lacks $tool"
    done
    echo "machine $(uname -m)"
    echo "release $(release)"
    for folder; do
        [[ $folder != HOME ]] || folder=${HOME:-/nowhere}
        if [[ -d $folder && -w $folder ]]; then echo "room $(room "$folder") $folder"; fi
    done
    echo end
}

forget() { # PARENT TOKEN
    set +f
    rm -rf -- "$1/nvmm-hil.${2:?}".*
    set -f
}

prepare() { # PARENT TOKEN
    local folder
    # Of an earlier try, whose answer was lost.
    forget "$@"
    folder=$(mktemp -d -- "$1/nvmm-hil.$2.XXXXXX") && echo "folder $folder"
}

# Processes that have NAME=VALUE in their environment or belong to a session, into `found`. Without ps, and without touching the memory of
# those in state D: who reads that may hang with them.
find_processes() { # NAME=VALUE [SESSION]
    local stat line words pid looked_at=()
    found=()
    set +f
    for stat in /proc/[0-9]*/stat; do
        line=
        { read -r -d '' line <"$stat"; } 2>/dev/null
        [[ -n $line ]] || continue
        pid=${line%% *}
        # shellcheck disable=SC2206 # numbers
        words=(${line##*) })
        [[ ${words[0]} != [ZX] && $pid != "$$" && $pid != "$BASHPID" ]] || continue
        if [[ -n ${2:-} && ${words[3]} == "$2" ]]; then
            found+=("$pid")
        elif [[ ${words[0]} != D ]]; then
            looked_at+=("/proc/$pid/environ")
        fi
    done
    set -f
    while read -r line; do
        line=${line#/proc/}
        found+=("${line%/environ}")
    done < <(grep -lsxzF -e "$1" /dev/null ${looked_at[@]+"${looked_at[@]}"})
}

# Ends them all: TERM, then KILL. What survives that is in `left`.
end_processes() { # NAME=VALUE [SESSION]
    local signal end pid
    left=()
    for signal in TERM KILL; do
        up
        end=$((UP + GRACE))
        find_processes "$@"
        while ((${#found[@]})); do
            kill -"$signal" "${found[@]}" 2>/dev/null
            up
            ((UP < end)) || break
            sleep 0.2
            find_processes "$@"
        done
        ((${#found[@]})) || return 0
    done
    for pid in "${found[@]}"; do
        left+=("$pid ($(head -c 40 "/proc/$pid/comm" 2>/dev/null), $(grep -s '^State:' "/proc/$pid/status" | tr -s '\t ' ' '))")
    done
    return 1
}

# Seconds that the clock of the day has no part in, into UP: a board's is set while it runs.
up() {
    read -r UP _ </proc/uptime
    UP=${UP%.*}
}

say() { # WORD ...: a line of the state
    local IFS=$'\t'
    printf '%s\t.\n' "${*//[$'\n\r']/ }" >&5
}

# The first 256 KiB and the last 64 of what is read; ends with 3 where they cannot be written. Never stops reading.
keep() { # FILE
    { head -c "$LOG_HEAD" && tail -c "$LOG_TAIL"; } >"$1" 2>/dev/null && return
    cat >/dev/null
    return 3
}

# One case: the processes, its end, and what is said of it.
run_case() { # NAME SECONDS
    local name=$1 limit=$2 status outcome='' why='' message tick=1 keeper keeper_status pid end begin=$EPOCH_MS free
    rm -rf "${folder:?}/work"
    mkdir -p "$folder/work/tmp"
    keep "$folder/results/logs/$name.log" <"$folder/log" 9>&- 5>&- &
    keeper=$!
    NVMM_HIL_CASE=$folder/$name setsid bash "$folder/bundle/cases.sh" run "$name" "$folder" </dev/null >"$folder/log" 2>&1 3>&9 9>&- 5>&- &
    pid=$!
    up
    end=$((UP + limit))
    while kill -0 "$pid" 2>/dev/null; do
        up
        ((UP < end)) || {
            outcome=hung
            break
        }
        read -r -t "$tick" -u 9 message || continue
        [[ $message != "$name why "* ]] || why=${message#"$name why "}
        [[ $message != "$name over" ]] || tick=0.02
    done
    # What it left behind, also where it has ended: nothing runs beside the next one.
    if ! end_processes "NVMM_HIL_CASE=$folder/$name" "$pid"; then
        outcome=hung
        say left "$name" "${left[*]}"
        why="these do not let go: ${left[*]}"
    fi
    while read -r -t 0.01 -u 9 message; do
        [[ $message != "$name why "* ]] || why=${message#"$name why "}
    done
    if [[ $outcome == hung ]]; then
        why="no end within $limit s${why:+; $why}"
    else
        wait "$pid"
        status=$?
        case $status in
        0) outcome=passed ;;
        77) outcome="not applicable" ;;
        *) outcome=failed why=${why:-"ended with $status"} ;;
        esac
        ((status <= 128)) || why="signal $((status - 128))${why:+; $why}"
    fi
    up
    end=$((UP + GRACE))
    while kill -0 "$keeper" 2>/dev/null && ((UP < end)); do
        sleep 0.1
        up
    done
    kill -KILL "$keeper" 2>/dev/null
    wait "$keeper"
    keeper_status=$?
    free=$(room "$folder")
    if ((keeper_status == 3)) || { [[ $outcome == failed ]] && ((${free:-0} < ROOM_KIB)); }; then
        outcome=failed why="no room on the board: $folder has ${free:-0} KiB left"
    fi
    rm -rf "${folder:?}/work"
    clock
    say end "$name" "$outcome" $((EPOCH_MS - begin)) "${why:0:600}"
}

clock() { # milliseconds, into EPOCH_MS
    EPOCH_MS=$(date +%s%N)
    EPOCH_MS=$((EPOCH_MS / 1000000))
}

started_at() { # PID: in the kernel's ticks, to tell it from another one of the same number
    local line=
    { read -r -d '' line <"/proc/$1/stat"; } 2>/dev/null
    # shellcheck disable=SC2206 # numbers
    line=(${line##*) })
    echo "${line[19]:-gone}"
}

run() { # FOLDER SECONDS SLACK CASE-SECONDS ONLY
    folder=$1
    local total=$2 slack=$3 most=$4 only=$5 names=() limits=() name limit i rest begin
    cd "$folder" || exit
    up
    begin=$UP
    exec 5<>"$folder/results/state" 9<>"$folder/messages"
    while read -r name limit; do
        [[ -z $only || ,$only, == *,"$name",* || ,$only, == *,"${name%%.*}",* ]] || continue
        names+=("$name") limits+=("$limit")
    done < <(bash bundle/cases.sh list "$folder")
    say run $$ "$(started_at $$)" "${#names[@]}" "$(release)"
    say plan ${names[@]+"${names[@]}"}
    bash bundle/facts.sh before "$folder" 9>&- 5>&- || true
    for i in "${!names[@]}"; do
        name=${names[i]} limit=$((limits[i] * slack))
        up
        rest=$((begin + total - UP))
        limit=$((most && most < limit ? most : limit))
        clock
        say start "$name" "$limit"
        # For the case that ends the board: that file system alone, and nobody waits for it.
        timeout 5 sync -d results/state 5>&- 9>&- &
        if ((rest <= 0)); then
            say end "$name" failed 0 "not run: the whole run may take $total s"
            continue
        fi
        run_case "$name" $((limit < rest ? limit : rest))
    done
    bash bundle/facts.sh after "$folder" 9>&- 5>&- || true
    # tegrastats, also where nobody comes to clean.
    end_processes "NVMM_HIL_RUN=$folder" || say left run "${left[*]}"
    say "done"
}

start() { # FOLDER SECONDS SLACK CASE-SECONDS QUICK ONLY [NAME=VALUE ...]
    local folder=$1 total=$2 slack=$3 most=$4 quick=$5 only=$6 said
    shift 6
    if [[ -e $folder/started ]]; then
        # The answer to the first one was lost.
        echo started
        return
    fi
    if ! mkdir -p "$folder"/{results/{logs,conformance,board},cache} ||
        ! printf '%*s\n' $((STATE_BYTES - 1)) '' >"$folder/results/state" || ! mkfifo "$folder/log" "$folder/messages"; then
        echo "no room in $folder"
        return 1
    fi
    said=$("$folder/bundle/bin/nvmm-conformance" --list 2>&1 >/dev/null) || {
        echo "unfit ${said//$'\n'/ }"
        return 1
    }
    # What programs would keep in the user's folders goes into this one.
    export NVMM_HIL_RUN=$folder NVMM_HIL_QUICK=$quick TMPDIR=$folder/work/tmp XDG_CACHE_HOME=$folder/cache \
        CUDA_CACHE_PATH=$folder/cache/cuda GST_REGISTRY=$folder/cache/registry GST_REGISTRY_1_0=$folder/cache/registry \
        GST_DEBUG_NO_COLOR=1 GST_PLUGIN_PATH="$folder/bundle/plugins${GST_PLUGIN_PATH:+:$GST_PLUGIN_PATH}"
    # shellcheck disable=SC2163 # NAME=VALUE
    [[ $# == 0 ]] || export "$@"
    true >"$folder/started"
    setsid bash "$folder/bundle/board.sh" run "$folder" "$total" "$slack" "$most" "$only" </dev/null >"$folder/results/runner.log" 2>&1 &
    echo started
}

watch() { # FOLDER LINE
    local folder=$1 next=$2 lines line beat=0 words pid='' since='' waited=0 last
    if [[ ! -d $folder ]]; then
        echo gone
        return
    fi
    if [[ ! -f $folder/results/state ]]; then
        # The copy broke, or the start.
        echo dead
        return
    fi
    while true; do
        last=0 lines=()
        # Dead before looking, and nothing new then: nothing will come.
        [[ -z $pid || $(started_at "$pid") == "$since" ]] || last=1
        mapfile -t lines <"$folder/results/state"
        while ((next < ${#lines[@]})); do
            line=${lines[next]}
            [[ $line == *$'\t.' ]] || break
            # Whoever is gone ends this by SIGPIPE.
            printf 'line\t%s\n' "$line" || exit 1
            next=$((next + 1)) last=0
            [[ $line != done* ]] || return 0
        done
        if [[ -z $pid && ${lines[0]} == run* ]]; then
            # shellcheck disable=SC2206 # words of a line
            words=(${lines[0]})
            pid=${words[1]} since=${words[2]}
        fi
        if ((last)) || { [[ -z $pid ]] && ((waited++ > 30)); }; then
            echo dead
            return
        fi
        ((beat++ % 4)) || echo alive || exit 1
        sleep 1
    done
}

clean() { # FOLDER
    local folder=$1
    if [[ $folder != /*/nvmm-hil.*.?????? ]]; then
        echo "refused: $folder is no folder of a run"
        return 1
    fi
    # The runner first, or it would go on with the next case.
    find_processes "NVMM_HIL_RUN=$folder"
    local pid
    for pid in ${found[@]+"${found[@]}"}; do
        # Those of a case also have its mark.
        grep -qsz '^NVMM_HIL_CASE=' "/proc/$pid/environ" || kill -KILL "$pid" 2>/dev/null
    done
    end_processes "NVMM_HIL_RUN=$folder" || echo "left ${left[*]}"
    rm -rf -- "$folder"
    if [[ -e $folder ]]; then echo "remains $folder"; fi
    find_processes "NVMM_HIL_RUN=$folder"
    if ((${#found[@]} == 0)) && [[ ! -e $folder ]]; then echo clean; fi
}

main() {
    local folder found=() left=() EPOCH_MS UP
    clock
    case ${1:-} in
    probe | prepare | forget | start | watch | clean | run) "$@" ;;
    *) exit 2 ;;
    esac
    exit
}
main "$@"
