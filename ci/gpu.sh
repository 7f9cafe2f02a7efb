#!/usr/bin/env bash
# What a real NVIDIA GPU shows: the plugin's PTX against its host twin; egl-cuda on textures, EGLStreams and memory, its
# tests and what calls cost; a kernel of the CUDA runtime; the simulator's GPU mode against its host mode; two streams of
# 3840x2160 beside the GPU's copy rate; and H.264 decoded by NVDEC.
#
#   ci/gpu.sh [-- ARGS]                  build into target/gpu and run
#   ci/gpu.sh --build-only               build, for a machine with a GPU and without Rust and GStreamer
#   ci/gpu.sh --prebuilt DIR [-- ARGS]   run what is in DIR; needs the NVIDIA driver with libEGL (libglvnd)
#
# ARGS go to the comparison of the PTX: --seed NUMBER. The last line counts the cases. Exit status: 0 all cases passed,
# 1 one failed or the GPU cannot be used, 77 there is no NVIDIA GPU here, so nothing was tested.
set -euo pipefail

folder=
run=yes
usage() {
    sed -n '2,13s/^# \{0,1\}//p' "$0"
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

# Tests of egl-cuda that need no simulator, but for those called sim_.
TESTS=(gles copies copies_frames textures egl_stream)

test_program() { # TEST: where cargo put it
    cargo test --release -p egl-cuda --features cust,gles --no-run --test "$1" --message-format=json 2>/dev/null |
        grep '"kind":\["test"\]' | sed -n 's/.*"executable":"\([^"]*\)".*/\1/p' | tail -n 1
}

# Everything in one folder, so that it can be taken elsewhere: programs; lib, the simulator in host mode; gpu, the same
# without libcuda; gst, GStreamer's libraries; plugins; codecs, plugins that decode H.264 and what they need; nvdec, the one
# that needs a GPU.
build() {
    local lib library plugins release=${CARGO_TARGET_DIR:-target}/release program
    cargo build --release -p nvmm-gpu -p nvmm-bench
    cargo build --release -p egl-cuda --features nvbuf --example runtime_kernel --example egl_stream
    ci/plugin.sh
    NVMM_SIM=1 NVMM_SIM_RELEASE=r32.7 ci/sim.sh --build
    lib=$(NVMM_SIM_RELEASE=r32.7 ci/sim.sh --library-dir)
    plugins=$(pkg-config --variable=pluginsdir gstreamer-1.0)
    rm -rf "$folder"
    mkdir -p "$folder"/{lib,gpu,gst,plugins,codecs/plugins,nvdec}
    for program in nvmm-gpu nvmm-interop nvmm-bench examples/runtime_kernel examples/egl_stream; do
        strip -o "$folder/${program#*/}" "$release/$program"
    done
    cp egl-cuda/examples/runtime_kernel/rt_kernel.{cu,h} ci/runtime-kernel.sh "$folder/"
    mkdir "$folder/tests"
    for test in "${TESTS[@]}"; do
        strip -o "$folder/tests/$test" "$(test_program "$test")"
    done
    cc -O1 -Wall -DNVBUF_L4T=320706 -Invbufsurface-sys/include tests/sim/tests/c/gpu.c \
        -L "$lib" -l:libnvbufsurface.so.1.0.0 -l:libcuda.so.1 -o "$folder/surfaces"
    cp -L "$lib"/lib*.so* "$folder/lib/"
    cp -L "$lib"/libnv*.so* "$folder/gpu/"
    cp target/plugins/libgstnvmm.so "$plugins"/libgst{coreelements,app}.so "$folder/plugins/"
    closure "$folder"/plugins/*.so "$folder/nvmm-bench" | xargs cp -Lt "$folder/gst"
    cp "$plugins"/libgst{videoparsersbad,openh264}.so "$folder/codecs/plugins/"
    # One plugin since GStreamer 1.22.
    cp "$plugins"/libgstvideoconvert*.so "$folder/codecs/plugins/"
    cp "$plugins/libgstnvcodec.so" "$folder/nvdec/"
    strip -o "$folder/gst-launch-1.0" "$(command -v gst-launch-1.0)"
    closure "$folder"/{codecs/plugins,nvdec}/*.so "$folder/gst-launch-1.0" | xargs cp -Lt "$folder/codecs"
    for library in "$folder"/gst/*; do
        rm -f "$folder/codecs/${library##*/}"
    done
    cp ci/h264.sh "$folder/"
    ci/h264.sh --files "$folder/videos"
    strip --strip-unneeded "$folder"/{lib,gpu,gst,plugins,codecs,codecs/plugins,nvdec}/*.so*
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
for program in nvmm-gpu nvmm-interop nvmm-bench surfaces runtime_kernel egl_stream h264.sh; do
    [[ -x $folder/$program ]] || {
        echo "gpu: $folder/$program is not there or cannot be run" >&2
        exit 1
    }
done
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
passed=0
failed=0

# More folders of libraries and of plugins, with a colon in front.
more_libraries=
more_plugins=

# Runs one of the programs with the simulator: MODE is lib (host mode) or gpu.
simulated() { # MODE PROGRAM [ARGUMENT ...]
    local mode=$1 program=$folder/$2 is_gpu=0
    shift 2
    [[ $mode != gpu ]] || is_gpu=1
    env NVMM_SIM_GPU=$is_gpu NVMM_SIM_RELEASE=r32.7 NVMM_SIM_STRICT=1 \
        NVMM_SIM_KERNELS="$folder/lib/libnvmm_sim_twins.so" NVMM_SIM_REPORT="$results/$mode.json" \
        NVBUF_LIBRARY_PATH="$folder/$mode" LD_LIBRARY_PATH="$folder/$mode:$folder/gst$more_libraries${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}" \
        GST_PLUGIN_PATH="$folder/plugins$more_plugins" GST_PLUGIN_SYSTEM_PATH="$folder/plugins" \
        GST_REGISTRY="$results/registry${more_plugins//\//-}" GST_REGISTRY_FORK=no \
        "$program" "$@"
}

check() { # WHAT COMMAND [ARGUMENT ...]: one case
    local what=$1
    shift
    if "$@"; then
        echo "PASS  $what"
        passed=$((passed + 1))
    else
        echo "FAIL  $what"
        failed=$((failed + 1))
    fi
}

# Whether two files are equal; says in how many bytes they are not, and by how much at most.
same() { # FILE FILE
    cmp -s "$1" "$2" && return
    [[ -e $1 && -e $2 ]] || return 1
    cmp -l "$1" "$2" 2>&1 | awk '
        function value(octal) { return int(octal / 100) * 64 + int(octal / 10) % 10 * 8 + octal % 10 }
        NF == 3 { d = value($2) - value($3); if (d < 0) d = -d; if (d > worst) worst = d; sum += d * d; count++; next }
        { print }
        END { printf "%d bytes differ, by %d at most, sum of squares %d\n", count, worst, sum }'
    return 1
}

# Whether the dynamic loader finds a library.
has_library() { # NAME
    local directory directories
    IFS=: read -r -a directories <<<"${LD_LIBRARY_PATH:-}"
    for directory in ${directories[@]+"${directories[@]}"}; do
        [[ ! -e $directory/$1 ]] || return 0
    done
    PATH=$PATH:/sbin:/usr/sbin ldconfig -p 2>/dev/null | grep -qF "$1"
}

# Runs a program that counts its cases itself, and takes over the counts: `N passed, N failed` or those of Rust's tests.
counted() { # WHAT COMMAND [ARGUMENT ...]
    local what=$1 status=0 counts
    shift
    "$@" >"$results/log" 2>&1 || status=$?
    cat "$results/log"
    counts=$(sed -n -e 's/^\([0-9]*\) passed, \([0-9]*\) failed$/\1 \2/p' \
        -e 's/^test result: .*\. \([0-9]*\) passed; \([0-9]*\) failed.*/\1 \2/p' "$results/log" | tail -n 1)
    if [[ -z $counts ]] || { [[ $status != 0 ]] && [[ ${counts#* } == 0 ]]; }; then
        echo "FAIL  $what: ended with $status and without a result of its own"
        failed=$((failed + 1))
        return
    fi
    passed=$((passed + ${counts% *}))
    failed=$((failed + ${counts#* }))
}

echo "== the plugin's PTX and its host twin"
counted "PTX against twin" "$folder/nvmm-gpu" "$@"

echo "== egl-cuda: textures, registrations, cost"
counted "egl-cuda on textures" "$folder/nvmm-interop"

echo "== egl-cuda: its tests that need no simulator"
for test in gles copies copies_frames textures; do
    counted "egl-cuda: $test" "$folder/tests/$test" --skip sim_
done
# Each in a process of its own, as the tests themselves do it on the simulator.
while read -r name; do
    counted "egl-cuda: $name" env EGL_CUDA_TEST_CHILD=1 "$folder/tests/egl_stream" --exact "$name"
done < <("$folder/tests/egl_stream" --list 2>/dev/null | sed -n 's/^\(\(flow\|endings\|limits\|steady\|watched\)::.*\): test$/\1/p')

check "1,000 frames from a producer's thread to a consumer's" "$folder/egl_stream" 1000

echo "== a kernel of the CUDA runtime"
status=0
"$folder/runtime-kernel.sh" --source "$folder" "$folder" || status=$?
if [[ $status == 77 ]]; then
    echo "SKIP  a runtime-API launcher on our stream and frame: no nvcc here"
else
    check "a runtime-API launcher on our stream and frame" simulated gpu runtime_kernel
fi

echo "== the simulator's GPU mode and host mode"
for mode in lib gpu; do
    check "surfaces of CPU, engine and CUDA ($mode)" simulated "$mode" surfaces
    check "the NVMM part of the demo ($mode)" simulated "$mode" nvmm-bench --frames 12 --raw "$results/$mode.raw"
done
check "GPU mode makes the same pictures as host mode" cmp "$results/lib.raw" "$results/gpu.raw"
for mode in lib gpu; do
    echo "-- cost of the NVMM part at 1080p ($mode)"
    check "cost ($mode)" simulated "$mode" nvmm-bench --frames 120
done

echo "== two streams of 3840x2160 that are NVMM already, nvmmoverlay, a sink"
check "two streams in host mode, small" simulated lib nvmm-bench --streams --frames 60 --size 640x360
check "two streams on the GPU" simulated gpu nvmm-bench --streams --frames 3000

echo "== H.264 decoded, laid over each other in NVMM"
videos=$folder/videos
more_libraries=:$folder/codecs
more_plugins=:$folder/codecs/plugins
# What software and the simulator alone make of them.
check "frames of openh264dec" simulated lib h264.sh --decode openh264dec "$videos" "$results/frames"
check "the overlay (lib)" simulated lib h264.sh --overlay openh264dec "$videos" "$results/overlay"
check "the overlay (gpu)" simulated gpu h264.sh --overlay openh264dec "$videos" "$results/overlay-gpu"
check "GPU mode makes the same overlay" same "$results/overlay" "$results/overlay-gpu"
if has_library libnvcuvid.so.1; then
    more_plugins+=:$folder/nvdec
    check "frames of NVDEC" simulated gpu h264.sh --decode nvh264dec "$videos" "$results/frames-nvdec"
    check "NVDEC makes the same frames" same "$results/frames" "$results/frames-nvdec"
    check "the overlay of NVDEC's frames" simulated gpu h264.sh --overlay nvh264dec "$videos" "$results/overlay-nvdec"
    check "NVDEC makes the same overlay" same "$results/overlay" "$results/overlay-nvdec"
else
    echo "SKIP  H.264 decoded by NVDEC: no libnvcuvid.so.1 here (the driver's part for video)"
fi
echo "gpu: $passed passed, $failed failed"
[[ $failed == 0 ]]
