#!/usr/bin/env bash
# The workspace's tests under the address and leak sanitizers; the lower layers' and the simulator's under the thread sanitizer;
# what is pure Rust under Miri; the plugin in a pipeline under valgrind.
#
#   ci/sanitize.sh [address] [thread] [miri] [valgrind] [-- PACKAGE ...]      all when none is named
#
# Not part of ci/test.sh. What is somebody else's or meant to be stands in ci/sanitize/, one by one with the reason. A part
# that this machine has not got the means for is said to be NOT RUN; that is no failure. Fails if a part that ran has found
# something.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

parts=() only=()
while [[ $# -gt 0 && $1 != -- ]]; do
    case $1 in
    address | thread | miri | valgrind) parts+=("$1") ;;
    *)
        sed -n '2,9s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
        exit 2
        ;;
    esac
    shift
done
[[ $# -eq 0 ]] || only=("${@:2}")
[[ ${#parts[@]} -gt 0 ]] || parts=(address thread miri valgrind)

ci/packages.sh build run
ci/sim.sh --build

host=$(rustc -vV | sed -n 's/^host: //p')
home=$PWD/target/sanitize
supp=$PWD/ci/sanitize
mkdir -p "$home"
failed=() not_run=() summary=()
# Flags go to cargo by --config: from the environment, what the tests themselves build would have them too.
unset RUSTFLAGS CARGO_ENCODED_RUSTFLAGS CARGO_BUILD_TARGET CARGO_TARGET_DIR
export NVMM_SIM=1 NVMM_SIM_STRICT=1

# Folders of packages, with the features that ci/test.sh has. First those that a program with the sanitizer in it has alone with the
# simulator, which then has it too; then those that start others' programs, which could not load such a simulator.
lower=(nvbufsurface-sys nvbuf egl-cuda tests/sim)
upper=(gst-nvmm gst-nvmm/plugin tests/sim/twins tests/conformance tests/bench tests/faults tests/soak tests/pipelines)
declare -A features=([nvbufsurface-sys]=bindgen [egl-cuda]=cust,nvbuf,gles [gst-nvmm]=cust)

package() { sed -n 's/^name = "\(.*\)"/\1/p' "$1/Cargo.toml" | head -n 1; }

wanted() { [[ ${#only[@]} -eq 0 || " ${only[*]} " == *" $1 "* ]]; }

# skipped PART PACKAGE PROGRAM: what is left out of a program's tests, `*` for all.
skipped() {
    awk -v part="$1" -v of="$2" -v program="$3" '$1 == part && $2 == of && $3 == program { print $4 }' "$supp/skip.txt"
}

# The programs with a package's tests, as cargo's arguments, one a line.
programs() {
    local folder=$1 file name
    [[ ! -e $folder/src/lib.rs ]] || echo --lib
    [[ ! -e $folder/src/main.rs && ! -e $folder/src/bin ]] || echo --bins
    for file in "$folder"/tests/*.rs "$folder"/tests/*/main.rs; do
        [[ -e $file ]] || continue
        name=${file%/main.rs}
        name=$(basename "${name%.rs}")
        echo "--test=$name"
    done
}

# sanitized SANITIZER FOLDER: a package's tests with a sanitizer, which a stable compiler has but does not call stable.
sanitized() {
    local name=$1 folder=$2 of program skip=() together=() apart=() line status=0
    of=$(package "$folder")
    local log=$home/$name-$of.log
    # Libraries that a program opens take the sanitizer's functions from it.
    local flags="\"-Zsanitizer=$name\", \"-Cforce-frame-pointers=yes\", \"-Clink-arg=-rdynamic\""
    local cargo=(--quiet --target "$host" --target-dir "$home/$name" -p "$of" --config "target.'$host'.rustflags=[$flags]"
        --config "target.'$host'.runner=\"ci/sanitize/run.sh\"")
    [[ -z ${features[$folder]:-} ]] || cargo+=(--features "${features[$folder]}")
    echo "== $name sanitizer: $of" >&2
    export RUSTC_BOOTSTRAP=1
    # Tests of the simulator touch memory that they must not, and look at the signal.
    [[ $of != nvmm-sim ]] || export ASAN_OPTIONS=${ASAN_OPTIONS:-}:handle_segv=0 TSAN_OPTIONS=${TSAN_OPTIONS:-}:handle_segv=0
    : >"$log"
    cargo build "${cargo[@]}" --examples >"$log" 2>&1 || { cat "$log" >&2; return 1; }
    while read -r program; do
        line=$(skipped "$name" "$of" "${program#--test=}")
        if [[ -z $line ]]; then
            together+=("$program")
        elif [[ $line != '*' ]]; then
            apart+=("$program")
        fi
    done < <(programs "$folder")
    # No program at all would mean every one.
    [[ ${#together[@]} -eq 0 ]] || cargo test --no-fail-fast "${cargo[@]}" "${together[@]}" 2>&1 | tee -a "$log" || status=1
    for program in ${apart[@]+"${apart[@]}"}; do
        skip=()
        while read -r line; do skip+=(--skip "$line"); done < <(skipped "$name" "$of" "${program#--test=}")
        cargo test --no-fail-fast "${cargo[@]}" "$program" -- "${skip[@]}" 2>&1 | tee -a "$log" || status=1
    done
    return $status
}

# What the programs said of themselves.
passed() { cat "$@" | awk '/^test result:/ { sum += $4 } END { print sum + 0 }'; }

# all_of SANITIZER FOLDER...
all_of() {
    local name=$1 folder status=0 logs=()
    shift
    for folder in "$@"; do
        wanted "$(package "$folder")" || continue
        (sanitized "$name" "$folder") || status=1
        logs+=("$home/$name-$(package "$folder").log")
    done
    [[ ${#logs[@]} -eq 0 ]] || summary+=("$name: $(passed "${logs[@]}") tests of ${#logs[@]} packages passed")
    return $status
}

# The simulator with a sanitizer, of every release: what a test starts finds nothing to build.
simulator() {
    local release
    for release in $(ci/sim.sh --releases); do
        RUSTC_BOOTSTRAP=1 NVMM_SIM_SANITIZER=$1 NVMM_SIM_RELEASE=$release ci/sim.sh --build
    done
}

address() {
    local status=0
    export ASAN_OPTIONS=detect_leaks=1:detect_stack_use_after_return=1${ASAN_OPTIONS:+:$ASAN_OPTIONS}
    export LSAN_OPTIONS=suppressions=$supp/leak.supp:print_suppressions=0${LSAN_OPTIONS:+:$LSAN_OPTIONS}
    simulator address
    NVMM_SIM_SANITIZER=address all_of address "${lower[@]}" || status=1
    ci/plugin.sh
    # GLib and GStreamer have no frame pointers: without unwinding by tables what is theirs could not be told from ours.
    ASAN_OPTIONS+=:fast_unwind_on_malloc=0:malloc_context_size=20
    all_of address "${upper[@]}" || status=1
    unset ASAN_OPTIONS LSAN_OPTIONS
    return $status
}

# Without an instrumented standard library the sanitizer does not see what its locks and its `OnceLock` order, and calls even the
# test harness a race. valgrind's helgrind and drd know the C library's locks alone, and Rust has its own.
thread() {
    local status=0 compiler
    if ! compiler=$(ci/sanitize/rust.sh "$home/rust" 2>"$home/rust.log"); then
        not_run+=("thread: $(tail -n 1 "$home/rust.log")")
        return 0
    fi
    export RUSTC=$compiler CARGO_UNSTABLE_BUILD_STD=std,panic_abort,test NVMM_SIM_SANITIZER=thread
    export TSAN_OPTIONS=suppressions=$supp/thread.supp:second_deadlock_stack=1${TSAN_OPTIONS:+:$TSAN_OPTIONS}
    simulator thread
    all_of thread "${lower[@]}" || status=1
    unset RUSTC CARGO_UNSTABLE_BUILD_STD NVMM_SIM_SANITIZER TSAN_OPTIONS
    return $status
}

# What calls no library: unit tests of the lower layers, and the kernels' twins.
miri() {
    local folder of line skip status=0
    if ! cargo miri --version >"$home/miri.log" 2>&1; then
        not_run+=("miri: not there (a nightly toolchain with the components miri and rust-src has it)")
        return 0
    fi
    for folder in nvbufsurface-sys nvbuf egl-cuda tests/sim/twins; do
        of=$(package "$folder") skip=()
        wanted "$of" || continue
        while read -r line; do skip+=(--skip "$line"); done < <(skipped miri "$of" --lib)
        echo "== Miri: $of" >&2
        # No runner: Miri is one.
        env -u NVMM_SIM -u NVMM_SIM_STRICT cargo miri test --quiet -p "$of" --lib -- ${skip[@]+"${skip[@]}"} 2>&1 |
            tee "$home/miri-$of.log" || status=1
    done
    return $status
}

# Memory that is used wrongly by the plugin, or lost by it; what GLib, GStreamer and the loader keep is theirs.
valgrind_part() {
    if ! command -v valgrind >/dev/null; then
        not_run+=("valgrind: not installed (apt-get install valgrind)")
        return 0
    fi
    ci/plugin.sh
    local log=$home/valgrind.log caps="video/x-raw,format=RGBA,width=64,height=48" status=0
    echo "== valgrind: nvmmtransform and nvmmoverlay in a pipeline" >&2
    GST_REGISTRY_FORK=no G_SLICE=always-malloc ci/sim.sh valgrind --tool=memcheck --leak-check=full \
        --errors-for-leak-kinds=none --show-leak-kinds=definite --error-exitcode=9 --num-callers=30 --suppressions="$supp/memcheck.supp" --log-file="$log" \
        gst-launch-1.0 -q videotestsrc num-buffers=20 ! "$caps" ! nvmmtransform ! queue ! nvmmoverlay name=mix \
        ! nvmmtransform ! video/x-raw ! fakesink videotestsrc num-buffers=20 ! "$caps" ! nvmmtransform ! mix. || status=$?
    sed -n 's/^==[0-9]*== \(ERROR SUMMARY.*\)/valgrind: \1/p' "$log" >&2
    # A record of the leaks is a block of lines up to an empty one: those with our code in them.
    awk '{ sub(/^==[0-9]+== ?/, "") } /lost in loss record/ { text = ""; record = 1 } record { text = text "\n" $0 }
        record && /gst_nvmm|gstnvmm|nvbuf::|egl_cuda::|libgstnvmm/ { ours = 1 }
        /^$/ { if (record && ours) { print text; found = 1 } record = ours = 0 }
        END { exit found }' "$log" >&2 || status=1
    return $status
}

for part in "${parts[@]}"; do
    run=$part
    [[ $part != valgrind ]] || run=valgrind_part
    $run || failed+=("$part")
done
for line in ${summary[@]+"${summary[@]}"}; do echo "sanitize: $line"; done
for line in ${not_run[@]+"${not_run[@]}"}; do echo "sanitize: NOT RUN: $line"; done
if [[ ${#failed[@]} -gt 0 ]]; then
    echo "sanitize: found something: ${failed[*]}"
    exit 1
fi
echo "sanitize: of ${parts[*]}, what ran found nothing"
