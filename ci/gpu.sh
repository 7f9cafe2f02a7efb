#!/bin/sh
# Compares the plugin's PTX on a real NVIDIA GPU with its host twin, and times it.
#
#   ci/gpu.sh [-- ARGS]                  build into target/gpu and run
#   ci/gpu.sh --build-only               build, for a machine with a GPU and without Rust
#   ci/gpu.sh --prebuilt DIR [-- ARGS]   run DIR/nvmm-gpu; needs the NVIDIA driver and nothing else
#
# ARGS go to the program: --seed NUMBER. Exit status: 0 all cases passed, 1 one failed or the GPU cannot be used,
# 77 there is no NVIDIA GPU here, so nothing was tested.
set -eu

folder=
run=yes
usage() {
    sed -n '2,9s/^# \{0,1\}//p' "$0"
    exit 2
}
while [ $# -gt 0 ]; do
    case "$1" in
        --build-only) run=no ;;
        --prebuilt)
            [ $# -ge 2 ] || usage
            folder=$2
            shift
            ;;
        --) shift; break ;;
        *) usage ;;
    esac
    shift
done
[ -z "$folder" ] || [ "$run" = yes ] || usage

# A desktop or server GPU, a Jetson's (R32..R34, then R35 and newer), WSL's.
has_gpu() {
    for node in /dev/nvidiactl /dev/nvidia0 /dev/nvhost-gpu /dev/nvgpu /dev/dxg; do
        [ ! -e "$node" ] || return 0
    done
    return 1
}

if [ "$run" = yes ] && ! has_gpu; then
    echo "gpu: skipped, there is no NVIDIA GPU here (no /dev/nvidiactl, nvidia0, nvhost-gpu, nvgpu or dxg)"
    exit 77
fi

if [ -z "$folder" ]; then
    cd "$(dirname "$0")/.."
    folder=target/gpu
    command -v cargo >/dev/null 2>&1 || {
        echo "gpu: no cargo here; build elsewhere with --build-only and run with --prebuilt DIR" >&2
        exit 1
    }
    cargo build --release -p nvmm-gpu
    mkdir -p "$folder"
    strip -o "$folder/nvmm-gpu" "${CARGO_TARGET_DIR:-target}/release/nvmm-gpu"
    echo "gpu: built $folder/nvmm-gpu"
fi
[ "$run" = yes ] || exit 0

[ -x "$folder/nvmm-gpu" ] || {
    echo "gpu: $folder/nvmm-gpu is not there or cannot be run" >&2
    exit 1
}
status=0
"$folder/nvmm-gpu" "$@" || status=$?
if [ "$status" = 77 ]; then
    echo "gpu: an NVIDIA GPU is here, but it was not tested (see above): that is a failure" >&2
    status=1
fi
exit "$status"
