#!/usr/bin/env bash
# Rehearses ci/hil.sh without a board: against an sshd on 127.0.0.1 behind which is the simulator as r32.7, with all that goes wrong with a
# board: a case hangs, the connection breaks, the disk is full, somebody presses Ctrl-C. Shows the script, and nothing of a Jetson.
#
#   ci/hil/rehearse.sh [SCENARIO ...]           aarch64 programs in an arm64 userland, under qemu-user (minutes)
#   ci/hil/rehearse.sh --native [SCENARIO ...]  this machine's
#
# Scenarios: strangers whole standins bare hang broken lost full killed late interrupted. As root or with sudo, for mounts; the machine's ssh settings are
# neither read nor changed. All of it is in target/hil/rehearsal. The last line is `rehearsal: N passed, N failed`.
# shellcheck disable=SC2016 # conditions are for eval
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
native=no
if [[ ${1:-} == --native ]]; then
    native=yes
    shift
fi
for scenario; do
    [[ " strangers whole standins bare hang broken lost full killed late interrupted " == *" $scenario "* ]] || {
        sed -n '2,10s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
        exit 2
    }
done
[[ $# -gt 0 ]] || set -- strangers whole standins bare hang broken lost full killed late interrupted
"$root/ci/packages.sh" build run hil rehearsal
# shellcheck source=ci/hil/sshd.sh
source "$root/ci/hil/sshd.sh"

passed=0 failed=0
check() { # WHAT COMMAND [ARGUMENT ...]
    local what=$1
    shift
    if "$@" >/dev/null 2>&1; then
        passed=$((passed + 1))
        echo "  ok    $what"
    else
        failed=$((failed + 1))
        echo "  FAIL  $what"
    fi
}
not() { ! "$@"; }
said() { grep -qE -e "$1" "$log"; }
outcome() { # NAME PATTERN: of a case, in the results
    python3 -c 'import json, re, sys
cases = {case["name"]: case for case in json.load(open(sys.argv[1] + "/hil.json"))["cases"]}
case = cases[sys.argv[2]]
sys.exit(not re.search(sys.argv[3], case["outcome"] + ": " + case["message"]))' "$results" "$1" "$2"
}
# All cases but some ended well.
others_passed() { # NAME ...
    python3 -c 'import json, sys
cases = json.load(open(sys.argv[1] + "/hil.json"))["cases"]
sys.exit(not cases or any(case["outcome"] not in ("passed", "not applicable") for case in cases if case["name"] not in sys.argv[2:]))' "$results" "$@"
}
junit_is_xml() {
    python3 -c 'import sys, xml.etree.ElementTree as xml
suite = xml.parse(sys.argv[1] + "/hil.xml").getroot()
sys.exit(len(suite) != int(suite.get("tests")) or not len(suite))' "$results"
}

command=(ssh -p PORT -i KEY)
slack=1
[[ $native == yes ]] || slack=4
# Called as the head of a job, to have signals as a terminal gives them.
start_hil() { # LOG-NAME ARGUMENT ...
    log=$here/$1.log
    shift
    set -m
    "$root/ci/hil.sh" "$user@127.0.0.1" --ssh "${command[*]}" --bundle "$bundle" --quick --slack "$slack" "$@" >"$log" 2>&1 </dev/null &
    job=$!
    set +m
}
end_hil() {
    status=0
    wait "$job" || status=$?
    results=$(sed -n 's/^results: //p' "$log")
}
hil() {
    start_hil "$@"
    end_hil
}
await() { # PATTERN: in the log, at most two minutes
    local i
    for ((i = 0; i < 600; i++)); do
        ! said "$1" || return 0
        kill -0 "$job" 2>/dev/null || return 1
        sleep 0.2
    done
    return 1
}
trouble() { echo "$*" >"$trouble"; }
folders() { in_board find "$files/home" "$files/small" "$files/tiny" -maxdepth 1 -name 'nvmm-hil.*'; }
nothing_left() {
    # Who cannot look sees nothing.
    in_board true && [[ -z $(processes_left) && -z $(folders) ]]
}
all_end() { # in a minute
    local i
    for ((i = 0; i < 300; i++)); do
        [[ -n $(processes_left) ]] || return 0
        sleep 0.2
    done
    return 1
}
check_left() { check "the board is as it was" nothing_left; }

# --- scenarios

strangers() {
    local good=("${command[@]}")
    command=(ssh -F none -p "$port" -i "$here/user" -o UserKnownHostsFile=/dev/null)
    hil strangers-host --only plugin
    check "a host that is not known: status 4, and what to do" eval '[[ $status == 4 ]] && said "connect once by hand"'
    command=("${good[@]}" -i "$here/other" -o IdentitiesOnly=yes)
    command=("${command[@]/"$here/user"/"$here/other"}")
    hil strangers-key --only plugin
    check "a key that is refused: status 4, and what to do" eval '[[ $status == 4 ]] && said "ssh-copy-id"'
    command=("${good[@]/"$port"/1}")
    hil strangers-port --only plugin
    check "nobody listens: status 4, and what to do" eval '[[ $status == 4 ]] && said "does sshd run"'
    command=("${good[@]}")
    hil strangers-case --only nothing
    check "a case that is none: status 2, and the names" eval '[[ $status == 2 ]] && said "bench.overhead"'
    check_left
}

# All cases, the suite among them.
whole() {
    hil whole
    check "status 0" [ "$status" = 0 ]
    check "the last line" said '^hil: [0-9]{3} cases, [0-9]{3} passed, 0 failed, 0 hung, [0-9]+ not applicable, 0 differ from the simulator$'
    check "the suite: no difference to the simulator as r32.7" said '^conformance: the board \(r32.7.6\) against the simulator \(r32.7\)'
    check "pipelines passed" eval 'outcome pipeline.same ^passed && outcome pipeline.two ^passed && outcome plugin ^passed'
    check "benchmarks ran" eval 'outcome bench.demo ^passed && outcome bench.streams ^passed && outcome bench.overhead ^passed'
    check "what this board has not is not applicable, with the reason" \
        eval 'outcome encoder.h264 "^not applicable: no element nvv4l2h264enc" && outcome camera "^not applicable: no element nvargus"'
    check "doctor passed, and its page is there" eval 'outcome doctor ^passed && grep -q "round trip, libnvbufsurface" "$results/logs/doctor.log"'
    check "the board's GStreamer has our elements" grep -qE 'ok +nvmmtransform +there' "$results/logs/doctor.log"
    check "JUnit is XML, of all cases" junit_is_xml
    check "tegrastats' lines, clocks, uname are there" \
        eval 'grep -q RAM "$results/board/tegrastats.txt" && grep -q Linux "$results/board/uname.txt" && [[ -s $results/board/cpufreq-after.txt ]]'
    check "what is absent is said to be" eval 'grep -q "^absent: there is no nvpmodel" "$results/board/nvpmodel-before.txt" && said "^  nvpmodel +there is no nvpmodel"'
    check "benchmark figures are in the table" said 'CPU ms a frame +[0-9]'
    check_left
}

# Pipelines with elements that only a board has, written correctly.
standins() {
    if [[ $native == no ]]; then
        echo "  (not here: no H.264 encoder in this userland)"
        return
    fi
    trouble standins
    hil standins --only nvvidconv,encoder,camera
    check "nvvidconv's cases pass" eval 'outcome nvvidconv.both ^passed && outcome nvvidconv.block-linear ^passed && others_passed'
    check "30 pictures are counted in H.264 and decoded" \
        eval 'outcome encoder.h264 ^passed && grep -q "^30 pictures in" "$results/logs/encoder.h264.log" && not grep -q "^not decoded" "$results/logs/encoder.h264.log"'
    check "no camera without /dev/video*" eval '[[ -e /dev/video0 ]] || outcome camera "^not applicable: no camera"'
    check_left
    trouble
}

# No library of NVIDIA's at all: what the doctor says, from the bundle, where nothing is.
bare() {
    log=$here/bare.log status=0
    if [[ $native == yes ]]; then
        env -i PATH="$PATH" HOME="$here" "$bundle/bin/nvmm-doctor" >"$log" 2>&1 || status=$?
    else
        as_root cp "$bundle/bin/nvmm-doctor" "$userland/nvmm-doctor"
        in_board chroot "$userland" env -i PATH=/usr/bin:/bin HOME=/home /nvmm-doctor >"$log" 2>&1 || status=$?
        as_root rm "$userland/nvmm-doctor"
    fi
    check "the doctor where nothing of NVIDIA's is: status 1" [ "$status" = 1 ]
    check "it says what to do first, with remedies" eval 'said "^what to do first" && said "FAIL +libnvbufsurface" && said " -> "'
}

hang() {
    trouble pipeline.same hang
    # The limit of the case is its own; the rehearsal does not wait two minutes for it.
    hil hang --only plugin,pipeline,bench.demo --case-limit "$((5 * slack))"
    check "status 1" [ "$status" = 1 ]
    check "counted as hung" said '^hil: 4 cases, 3 passed, 0 failed, 1 hung, 0 not applicable, 0 differ'
    check "says after how long" eval 'outcome pipeline.same "^hung: no end within"'
    check "the others passed" others_passed pipeline.same
    check_left
    trouble pipeline.two print
    hil print --only pipeline.two,plugin --case-limit "$((5 * slack))"
    check "a case that prints without end is hung, and its log is short" \
        eval 'outcome pipeline.two "^hung" && (($(stat -c %s "$results/logs/pipeline.two.log") < 400000))'
    trouble pipeline.two crash
    hil crash --only pipeline
    check "a program that crashes has failed" eval '[[ $status == 1 ]] && outcome pipeline.two "^failed" && outcome pipeline.same "^passed"'
    check_left
    trouble
}

broken() {
    trouble pipeline.same slow
    start_hil broken --only plugin,pipeline,bench.demo --patience 60
    check "the run is at the slow case" await 'passed +plugin'
    cut_off
    check "the break is said" await 'the connection to .* broke'
    check "it is tried again" await 'trying again in 2 s'
    listen
    end_hil
    check "it connects again" said 'connected to .* again'
    check "everything passed" eval '[[ $status == 0 ]] && said "^hil: 4 cases, 4 passed, 0 failed, 0 hung"'
    check_left
    # The cable is out: nothing is refused, and nothing comes.
    local usual=("${command[@]}")
    command+=(-o ServerAliveInterval=2)
    start_hil frozen --only plugin,pipeline
    command=("${usual[@]}")
    check "the run is at the slow case" await 'passed +plugin'
    freeze
    end_hil
    check "a connection that is silent is given up" said 'the connection to .* broke'
    check "everything passed" eval '[[ $status == 0 ]] && said "^hil: 3 cases, 3 passed, 0 failed, 0 hung"'
    check_left
    trouble
}

lost() {
    local folder
    trouble pipeline.same slow
    start_hil lost --only plugin,pipeline --patience 6
    check "the run is at the slow case" await 'passed +plugin'
    cut_off
    end_hil
    check "it never comes back: status 3" [ "$status" = 3 ]
    check "says where the results are, and how to fetch them" said 'when it is back: ci/hil.sh .* --resume /.*nvmm-hil'
    check "the run there ends, and all that it started" all_end
    listen
    folder=$(sed -n 's/.*--resume //p' "$log")
    hil resumed --resume "$folder"
    check "--resume brings the results" eval '[[ $status == 0 ]] && said "^hil: 3 cases, 3 passed, 0 failed"'
    hil resumed-again --resume "$folder"
    check "and a second time says that there is nothing" eval '[[ $status == 4 ]] && said "there is no "'
    check_left
    trouble
}

full() {
    hil tiny --only plugin,pipeline --folder "$tiny"
    check "too small from the start: status 4, how much is needed and there" eval '[[ $status == 4 ]] && said "no room on the board: [0-9]+ KiB are needed.*[0-9]+ KiB in $tiny"'
    check_left
    trouble pipeline.same fill
    hil full --only plugin,pipeline,conformance.map,bench.demo --folder "$small"
    check "full in the middle: status 1" [ "$status" = 1 ]
    check "the case says so, and names the folder" outcome pipeline.same "^failed: no room on the board: $small.* KiB left"
    check "the results of the others are here" eval 'others_passed pipeline.same && outcome conformance.map.every-row ^passed'
    check_left
    # Somebody else's file, and it stays.
    trouble pipeline.same slow
    start_hil full-for-good --only plugin,pipeline,conformance.map --folder "$small"
    check "the run is at the slow case" await 'passed +plugin'
    in_board sh -c "cat /dev/zero >$files/small/other; true" 2>/dev/null
    end_hil
    in_board rm -f "$files/small/other"
    check "full for good: status 1, and every case has its outcome" eval '[[ $status == 1 ]] && said "^hil: [0-9]+ cases" && outcome plugin ^passed'
    check "cases that could not write say so" outcome pipeline.two "^failed: no room on the board"
    check_left
    trouble
}

# Out of memory, or a restart.
killed() {
    trouble pipeline.same slow
    start_hil killed --only plugin,pipeline
    check "the run is at the slow case" await 'passed +plugin'
    # shellcheck disable=SC2046 # numbers
    as_root kill -KILL $(runners) 2>/dev/null || true
    end_hil
    check "the run dies: status 1, and it is said" eval '[[ $status == 1 ]] && said "has ended before its last case"'
    check "the case in which it died is named, and the one after it" \
        eval 'outcome pipeline.same "^failed: the run ended in this case" && outcome pipeline.two "^failed: not run" && outcome plugin ^passed'
    check_left
    trouble
}

# Nobody needs to come for that.
late() {
    trouble pipeline.same hang
    hil late --only plugin,pipeline --limit "$((6 * slack))s"
    check "the whole run is over in time: status 1" [ "$status" = 1 ]
    check "what was running is hung, what comes after it was not run" \
        eval 'outcome pipeline.same "^hung" && outcome pipeline.two "^failed: not run: the whole run may take"'
    check_left
    trouble
}

interrupted() {
    trouble pipeline.same slow
    start_hil interrupted --only plugin,pipeline
    check "the run is at the slow case" await 'passed +plugin'
    kill -INT -- "-$job"
    end_hil
    check "Ctrl-C: status 130" [ "$status" = 130 ]
    check "says that the board is as it was" said '^hil: the board is as it was'
    check_left
    # As a CI system ends it: the script alone.
    start_hil terminated --only plugin,pipeline
    check "the run is at the slow case" await 'passed +plugin'
    kill -TERM "$job"
    end_hil
    check "ended by its process alone: status 130" [ "$status" = 130 ]
    check_left
    trouble
}

bundle=$root/target/hil/bundle
options=()
if [[ $native == yes ]]; then
    bundle+=-native
    options=(--native)
fi
echo "== bundle and board"
"$root/ci/hil.sh" --bundle-only "$bundle" ${options[@]+"${options[@]}"}
make_board
make_keys
trap end_board EXIT
hold
listen
user=root
[[ $native == no ]] || user=$(id -un)
command=(ssh -F none -p "$port" -i "$here/user" -o IdentitiesOnly=yes -o "UserKnownHostsFile=$here/known")
for scenario; do
    echo "== $scenario ($(date +%T))"
    "$scenario"
done
echo "rehearsal: $passed passed, $failed failed"
((failed == 0 && passed > 0))
