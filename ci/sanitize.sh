#!/usr/bin/env bash
# The workspace's tests under the address and leak sanitizers, the lower layers' under the thread sanitizer, the plugin in a
# pipeline under valgrind. On the simulator, which is itself as it always is.
#
#   ci/sanitize.sh [address] [thread] [valgrind] [miri]      all when none is named
#   ci/sanitize.sh address -p CRATE [ARGUMENT ...]           tests of one crate; arguments of `cargo test`
#
# Not part of ci/test.sh: it takes tens of minutes. What is known to be somebody else's stands in ci/sanitize/*.supp, one by
# one with the reason. A part that this machine has not got the means for is named as `NOT RUN`; it is no failure. Fails if
# a part that ran has found something.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

parts=() only=()
while [[ $# -gt 0 ]]; do
    case $1 in
    address | thread | valgrind | miri) parts+=("$1") ;;
    -p)
        only=("$@")
        break
        ;;
    *)
        sed -n '2,10s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
        exit 2
        ;;
    esac
    shift
done
[[ ${#parts[@]} -gt 0 ]] || parts=(address thread valgrind miri)

ci/packages.sh build run
ci/sim.sh --build

host=$(rustc -vV | sed -n 's/^host: //p')
home=$PWD/target/sanitize
mkdir -p "$home"
failed=() not_run=()
export NVMM_SIM_STRICT=1

# sanitized NAME FLAGS ARGUMENT...: `cargo test` with a sanitizer, which a stable compiler has but does not call stable.
sanitized() {
    local name=$1 flags=$2
    shift 2
    RUSTC_BOOTSTRAP=1 RUSTFLAGS="-Zsanitizer=$name -Cforce-frame-pointers=yes $flags" \
        cargo test --quiet --target "$host" --target-dir "$home/$name" "$@"
}

address() {
    # What is interposed between malloc and its callers cannot be counted under the sanitizer, which is there itself:
    # tests of the heap's use are left out by their names (see ci/sanitize/README.md).
    ASAN_OPTIONS=detect_leaks=1:detect_stack_use_after_return=1:abort_on_error=0${ASAN_OPTIONS:+:$ASAN_OPTIONS} \
        LSAN_OPTIONS=suppressions=$PWD/ci/sanitize/leak.supp:print_suppressions=0${LSAN_OPTIONS:+:$LSAN_OPTIONS} \
        sanitized address "" "$@"
}

thread() {
    # The standard library is not instrumented: that needs its sources (rustup component add rust-src) and -Zbuild-std. What
    # it synchronises by itself the sanitizer does not see, hence the suppressions.
    TSAN_OPTIONS=suppressions=$PWD/ci/sanitize/thread.supp:second_deadlock_stack=1${TSAN_OPTIONS:+:$TSAN_OPTIONS} \
        sanitized thread "-Cunsafe-allow-abi-mismatch=sanitizer" "$@"
}
