#!/usr/bin/env bash
# What a real NVIDIA GPU shows: the plugin's PTX against its host twin, and the simulator's GPU mode against its
# host mode. Times both.
#
#   ci/gpu.sh [-- ARGS]                  build into target/gpu and run
#   ci/gpu.sh --build-only               build, for a machine with a GPU and without Rust and GStreamer
#   ci/gpu.sh --prebuilt DIR [-- ARGS]   run what is in DIR; needs the NVIDIA driver with libEGL (libglvnd)
#
# ARGS go to the comparison of the PTX: --seed NUMBER. Exit status: 0 all cases passed, 1 one failed or the GPU cannot
# be used, 77 there is no NVIDIA GPU here, so nothing was tested.
set -euo pipefail

folder=
run=yes
usage() {
    sed -n '2,11s/^# \{0,1\}//p' "$0"
    exit 2
}
while [[ $# -gt 0 ]]; do
    case "$1" in
    --build-only) run=no ;;
    --prebuilt)
        [[ $# -ge 2 ]] || usage
        folder=$2
        shift
        ;;
    --)
        shift
        break
        ;;
    *) usage ;;
    esac
    shift
done
[[ -z $folder || $run == yes ]] || usage

# A desktop or server GPU, a Jetson's (R32..R34, then R35 and newer), WSL's.
has_gpu() {
    local node
    for node in /dev/nvidiactl /dev/nvidia0 /dev/nvhost-gpu /dev/nvgpu /dev/dxg; do
        [[ ! -e $node ]] || return 0
    done
    return 1
}

if [[ $run == yes ]] && ! has_gpu; then
    echo "gpu: skipped, there is no NVIDIA GPU here (no /dev/nvidiactl, nvidia0, nvhost-gpu, nvgpu or dxg)"
    exit 77
fi

# The shared objects that programs need and that are not glibc's, which belong to the machine.
closure() {
    ldd "$@" | awk '/=> \// { print $3 }' | sort -u |
        grep -vE '/(libc|libm|libdl|libpthread|librt|libresolv|ld-linux[^/]*)\.so'
}

# Everything in one folder, so that it can be taken elsewhere: programs; lib, the simulator in host mode; gpu, the same
# without libcuda; gst, GStreamer's libraries; plugins.
build() {
    local lib plugins release=${CARGO_TARGET_DIR:-target}/release program
    cargo build --release -p nvmm-gpu -p nvmm-bench
    ci/plugin.sh
    NVMM_SIM=1 NVMM_SIM_RELEASE=r32.7 ci/sim.sh --build
    lib=$(NVMM_SIM_RELEASE=r32.7 ci/sim.sh --library-dir)
    plugins=$(pkg-config --variable=pluginsdir gstreamer-1.0)
    rm -rf "$folder"
    mkdir -p "$folder"/{lib,gpu,gst,plugins}
    for program in nvmm-gpu nvmm-bench; do
        strip -o "$folder/$program" "$release/$program"
    done
    cc -O1 -Wall -DNVBUF_L4T=320706 -Invbufsurface-sys/include tests/sim/tests/c/gpu.c \
        -L "$lib" -l:libnvbufsurface.so.1.0.0 -l:libcuda.so.1 -o "$folder/surfaces"
    cp -L "$lib"/lib*.so* "$folder/lib/"
    cp -L "$lib"/libnv*.so* "$folder/gpu/"
    cp target/plugins/libgstnvmm.so "$plugins"/libgst{coreelements,app}.so "$folder/plugins/"
    closure "$folder"/plugins/*.so "$folder/nvmm-bench" | xargs cp -Lt "$folder/gst"
    strip --strip-unneeded "$folder"/{lib,gpu,gst,plugins}/*.so*
    echo "gpu: built $folder"
}

if [[ -z $folder ]]; then
    cd "$(dirname "$0")/.."
    folder=target/gpu
    command -v cargo >/dev/null 2>&1 || {
        echo "gpu: no cargo here; build elsewhere with --build-only and run with --prebuilt DIR" >&2
        exit 1
    }
    build
fi
[[ $run == yes ]] || exit 0

folder=$(cd "$folder" && pwd -P)
for program in nvmm-gpu nvmm-bench surfaces; do
    [[ -x $folder/$program ]] || {
        echo "gpu: $folder/$program is not there or cannot be run" >&2
        exit 1
    }
done
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
failed=0

# Runs one of the programs with the simulator: MODE is lib (host mode) or gpu.
simulated() { # MODE PROGRAM [ARGUMENT ...]
    local mode=$1 program=$folder/$2 is_gpu=0
    shift 2
    [[ $mode != gpu ]] || is_gpu=1
    env NVMM_SIM_GPU=$is_gpu NVMM_SIM_RELEASE=r32.7 NVMM_SIM_STRICT=1 \
        NVMM_SIM_KERNELS="$folder/lib/libnvmm_sim_twins.so" NVMM_SIM_REPORT="$results/$mode.json" \
        NVBUF_LIBRARY_PATH="$folder/$mode" LD_LIBRARY_PATH="$folder/$mode:$folder/gst${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}" \
        GST_PLUGIN_PATH="$folder/plugins" GST_PLUGIN_SYSTEM_PATH="$folder/plugins" \
        GST_REGISTRY="$results/registry" GST_REGISTRY_FORK=no \
        "$program" "$@"
}

check() { # WHAT COMMAND [ARGUMENT ...]
    local what=$1
    shift
    if "$@"; then
        echo "PASS  $what"
    else
        echo "FAIL  $what"
        failed=1
    fi
}

status=0
"$folder/nvmm-gpu" "$@" || status=$?
if [[ $status == 77 ]]; then
    echo "gpu: an NVIDIA GPU is here, but it was not tested (see above): that is a failure" >&2
fi
[[ $status == 0 ]] || failed=1

for mode in lib gpu; do
    check "surfaces of CPU, engine and CUDA ($mode)" simulated "$mode" surfaces
    check "the NVMM part of the demo ($mode)" simulated "$mode" nvmm-bench --frames 12 --raw "$results/$mode.raw"
done
check "GPU mode makes the same pictures as host mode" cmp "$results/lib.raw" "$results/gpu.raw"
for mode in lib gpu; do
    echo "-- cost of the NVMM part at 1080p ($mode)"
    check "cost ($mode)" simulated "$mode" nvmm-bench --frames 120
done
exit "$failed"
