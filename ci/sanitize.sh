#!/usr/bin/env bash
# Tests of the lower layers under the address and leak sanitizers, under the thread sanitizer where that can be, and the plugin
# in a pipeline under valgrind. On the simulator, which is itself as it always is.
#
#   ci/sanitize.sh [address] [thread] [miri] [valgrind]      all when none is named
#
# Not part of ci/test.sh. What is somebody else's or meant to be stands in ci/sanitize/, one by one with the reason. A part
# that this machine has not got the means for is said to be NOT RUN; that is no failure. Fails if a part that ran has found
# something.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

[[ $# -gt 0 ]] || set -- address thread miri valgrind
for part in "$@"; do
    case $part in
    address | thread | miri | valgrind) ;;
    *)
        sed -n '2,9s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
        exit 2
        ;;
    esac
done

ci/packages.sh build run
ci/sim.sh --build

host=$(rustc -vV | sed -n 's/^host: //p')
home=$PWD/target/sanitize
sources=$(rustc --print sysroot)/lib/rustlib/src/rust/library
supp=$PWD/ci/sanitize
mkdir -p "$home"
failed=() not_run=()
export NVMM_SIM_STRICT=1

# sanitized NAME CRATE FLAGS CARGO_ARGUMENT...: tests with a sanitizer, which a stable compiler has but does not call stable.
sanitized() {
    local name=$1 crate=$2 flags=$3 skip=()
    shift 3
    while read -r of _ test _; do
        [[ $of != "$crate" || $test == '*' ]] || skip+=(--skip "$test")
    done < <(grep -v '^#' "$supp/skip.txt")
    export RUSTC_BOOTSTRAP=1 RUSTFLAGS="-Zsanitizer=$name -Cforce-frame-pointers=yes $flags"
    cargo build --quiet --target "$host" --target-dir "$home/$name" --examples -p "$crate" "$@"
    cargo test --quiet --no-fail-fast --target "$host" --target-dir "$home/$name" -p "$crate" --lib $(programs "$crate") \
        "$@" -- ${skip[@]+"${skip[@]}"}
}

# The test programs of a crate but those that are left out.
programs() {
    local file name
    for file in "$1"/tests/*.rs "$1"/tests/*/main.rs; do
        [[ -e $file ]] || continue
        name=${file%/main.rs}
        name=$(basename "${name%.rs}")
        grep -qE "^$1 $name \*" "$supp/skip.txt" || echo "--test $name"
    done
}

address() {
    local crate status=0
    export ASAN_OPTIONS=detect_leaks=1:detect_stack_use_after_return=1${ASAN_OPTIONS:+:$ASAN_OPTIONS}
    export LSAN_OPTIONS=suppressions=$supp/leak.supp:print_suppressions=0${LSAN_OPTIONS:+:$LSAN_OPTIONS}
    for crate in nvbufsurface-sys nvbuf egl-cuda; do
        echo "== address sanitizer: $crate" >&2
        (sanitized address "$crate" "") || status=1
    done
    return $status
}

# Without an instrumented standard library the sanitizer does not see what its locks and its `OnceLock` order, and calls even the
# test harness a race. valgrind's helgrind and drd know the C library's locks alone, and Rust has its own.
thread() {
    local crate status=0
    if [[ ! -d $sources ]]; then
        not_run+=("thread: no sources of the standard library (rustup component add rust-src)")
        return 0
    fi
    for crate in nvbufsurface-sys nvbuf egl-cuda; do
        echo "== thread sanitizer: $crate" >&2
        (sanitized thread "$crate" "" -Zbuild-std) || status=1
    done
    return $status
}

# Of what is no call into a library: the numbers and names of nvbufsurface-sys and nvbuf.
miri() {
    if ! cargo miri --version >"$home/miri.log" 2>&1; then
        not_run+=("miri: not there (a nightly toolchain with the component miri has it)")
        return 0
    fi
    (env -u NVMM_SIM_STRICT cargo miri test --quiet -p nvbufsurface-sys --lib)
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

for part in "$@"; do
    run=$part
    [[ $part != valgrind ]] || run=valgrind_part
    $run || failed+=("$part")
done
for line in ${not_run[@]+"${not_run[@]}"}; do echo "sanitize: NOT RUN: $line"; done
if [[ ${#failed[@]} -gt 0 ]]; then
    echo "sanitize: found something: ${failed[*]}"
    exit 1
fi
echo "sanitize: of $*, what ran found nothing"
