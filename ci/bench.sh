#!/usr/bin/env bash
# What things cost on this machine, each beside something else in the same run:
#   - the NVMM part of the demo at 1080p, nvmmtransform to nvmmtransform without sources and encoder, beside plain copies
#     of the same pixels: at most 12 ms of CPU a frame
#   - gst-nvmm's own work, a buffer of its own that becomes a CUDA frame and an element of two inputs, beside C written by hand: at
#     most 1.1 times the C, no allocation and no registration per frame
#   - two streams that are NVMM already and nvmmoverlay, beside device copies: nothing mapped, copied or waited for
#
#   ci/bench.sh [--slack FACTOR]        limits times FACTOR, for machines that do other things meanwhile
#   ci/bench.sh PROGRAM [ARGUMENT ...]  nvmm-bench or nvmm-overhead alone, with arguments of its own
#
# Fails above a limit.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

slack=1
case ${1:-} in
'') ;;
--slack)
    [[ $# == 2 && $2 =~ ^[0-9]+$ ]] || {
        echo "bench: --slack needs a whole number" >&2
        exit 2
    }
    slack=$2
    ;;
nvmm-*) ;;
*)
    sed -n '2,14s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
    exit 2
    ;;
esac

ci/packages.sh build run
ci/plugin.sh
cargo build --quiet --release -p nvmm-bench
programs=${CARGO_TARGET_DIR:-target}/release

case ${1:-} in
nvmm-*) exec ci/sim.sh "$programs/$1" "${@:2}" ;;
esac
failed=0
bench() { # WHAT PROGRAM [ARGUMENT ...]
    echo "-- $1"
    ci/sim.sh "$programs/$2" "${@:3}" || failed=1
}
bench "the NVMM part of the demo at 1080p" nvmm-bench --limit $((12 * slack))
bench "gst-nvmm's own work beside C by hand" nvmm-overhead --slack "$slack"
bench "two streams of NVMM pictures, small" nvmm-bench --streams --frames 300 --size 640x360
exit $failed
