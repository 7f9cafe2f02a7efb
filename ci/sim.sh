#!/usr/bin/env bash
# Runs a command on the simulated platform (tests/sim), or as it is where there is real hardware.
#
#   ci/sim.sh COMMAND [ARGUMENT ...]   build what is stale, then run the command
#   ci/sim.sh --build                  only build
#   ci/sim.sh --platform               say what a command would run on
#
# NVMM_SIM=1 takes the simulator even beside real hardware, NVMM_SIM=0 never takes it.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
state=$root/target/sim
lib=$state/lib
nvbuf=libnvbufsurface.so.1.0.0

# Where a real libnvbufsurface is; nvbufsurface-sys looks in the same places.
real_library() {
    local directory directories
    if [[ -n ${NVBUF_LIBRARY_PATH:-} && $NVBUF_LIBRARY_PATH != "$lib" ]]; then
        echo "$NVBUF_LIBRARY_PATH"
        return
    fi
    IFS=: read -r -a directories <<<"${LD_LIBRARY_PATH:-}"
    for directory in ${directories[@]+"${directories[@]}"} \
        /usr/lib/aarch64-linux-gnu/nvidia /usr/lib/aarch64-linux-gnu/tegra \
        /opt/nvidia/deepstream/deepstream/lib; do
        if [[ -n $directory && $directory != "$lib" && -e $directory/$nvbuf ]]; then
            echo "$directory"
            return
        fi
    done
    PATH=$PATH:/sbin:/usr/sbin ldconfig -p 2>/dev/null | grep -F -m1 "$nvbuf" || true
}

simulated() {
    case ${NVMM_SIM:-} in
    1) return 0 ;;
    0) return 1 ;;
    esac
    [[ -z $(real_library) ]]
}

stale() {
    [[ -e $state/stamp ]] || return 0
    [[ -n $(find "$root/tests/sim" "$root/nvbufsurface-sys/src" "$root/nvbufsurface-sys/Cargo.toml" \
        "$root/Cargo.toml" "$root/ci/sim.sh" -path "$root/tests/sim/tests" -prune -o \
        -newer "$state/stamp" ! -name '*.md' -print -quit) ]]
}

install_library() {
    # Renamed into place: a running process keeps the file that it has mapped.
    cp "$1" "$lib/.$2.new"
    mv -f "$lib/.$2.new" "$lib/$2"
}

shim() {
    local soname=$1 symbols=$2
    cc -shared -fPIC -O2 -Wall -Werror -I "$root/tests/sim/include" -I "$root/tests/sim/shims" \
        -DLIBRARY="\"$soname\"" -DSYMBOLS="\"$symbols\"" "$root/tests/sim/shims/shim.c" \
        -Wl,-soname,"$soname" -Wl,-z,defs -Wl,-z,nodelete -Wl,--disable-new-dtags \
        -Wl,-rpath,'$ORIGIN' -L "$lib" -lnvmm_sim -o "$state/shim.so"
    install_library "$state/shim.so" "$soname"
}

build() {
    mkdir -p "$lib" "$root/target/plugins"
    touch "$state/stamp.new"
    # Its own target folder: this may run inside a cargo that holds the lock of the usual one.
    (
        cd "$root"
        env -u RUSTFLAGS -u CARGO_ENCODED_RUSTFLAGS -u CARGO_BUILD_TARGET -u CARGO_TARGET_DIR \
            "${CARGO:-cargo}" build --quiet --release --target-dir "$state/build" \
            --lib -p nvmm-sim -p nvmm-sim-twins
    ) >&2
    install_library "$state/build/release/libnvmm_sim.so" libnvmm_sim.so
    if [[ -e $state/build/release/libnvmm_sim_twins.so ]]; then
        install_library "$state/build/release/libnvmm_sim_twins.so" libnvmm_sim_twins.so
    fi
    shim "$nvbuf" libnvbufsurface.h
    shim libcuda.so.1 libcuda.h
    mv -f "$state/stamp.new" "$state/stamp"
}

build_if_stale() {
    stale || return 0
    mkdir -p "$state"
    exec 9>"$state/lock"
    flock 9
    # Somebody else may have built it while this one waited.
    if stale; then build; fi
    exec 9>&-
}

release() {
    local line
    if read -r line 2>/dev/null </etc/nv_tegra_release; then
        sed -nE 's/^# *(R[0-9]+).*REVISION: *([0-9.]+).*/\1.\2/p' <<<"$line"
    fi
}

case ${1:-} in
'')
    sed -n '2,8s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
    exit 2
    ;;
--platform)
    if simulated; then
        echo "sim r32.7"
    else
        found=$(release)
        echo "hardware ${found:-?}"
    fi
    exit
    ;;
--build)
    build_if_stale
    exit
    ;;
esac

# Inside the simulator already.
[[ ${NVMM_SIM_ROOT:-} == "$root" ]] && exec "$@"

simulated || exec "$@"

build_if_stale
export NVMM_SIM_ROOT=$root
export NVBUF_LIBRARY_PATH=$lib
export LD_LIBRARY_PATH=$lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
if [[ -e $lib/libnvmm_sim_twins.so ]]; then
    export NVMM_SIM_KERNELS=${NVMM_SIM_KERNELS:-$lib/libnvmm_sim_twins.so}
fi
export GST_PLUGIN_PATH=$root/target/plugins${GST_PLUGIN_PATH:+:$GST_PLUGIN_PATH}
# GStreamer takes these in place of the plain ones.
if [[ -n ${GST_PLUGIN_PATH_1_0:-} ]]; then
    export GST_PLUGIN_PATH_1_0=$root/target/plugins:$GST_PLUGIN_PATH_1_0
fi
if [[ -z ${GST_REGISTRY_1_0:-} ]]; then
    export GST_REGISTRY=${GST_REGISTRY:-$state/gst-registry.bin}
fi
exec "$@"
