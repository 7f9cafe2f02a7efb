#!/usr/bin/env bash
# Runs a command on the simulated platform (tests/sim), or as it is where there is real hardware.
#
#   ci/sim.sh COMMAND [ARGUMENT ...]   build what is stale, then run the command
#   ci/sim.sh --build                  only build
#   ci/sim.sh --platform               say what a command would run on
#   ci/sim.sh --install DIR            put libraries, headers and pkg-config files for C programs in DIR
#   ci/sim.sh --library-dir            say where the simulated libraries are built
#   ci/sim.sh --releases               list the releases that can be simulated
#
# NVMM_SIM=1 takes the simulator even beside real hardware, NVMM_SIM=0 never takes it.
# NVMM_SIM_RELEASE chooses the release (r32.7). NVMM_SIM_GPU=1 takes the memory and the driver of a real
# NVIDIA GPU, NVMM_SIM_EGL=1 a simulated libEGL.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
# With a sanitizer the core has a folder of its own; ci/sanitize.sh says what a compiler needs for it.
sanitizer=${NVMM_SIM_SANITIZER:-}
state=$root/target/sim${sanitizer:+-$sanitizer}
release=${NVMM_SIM_RELEASE:-r32.7}
folder=$state/$release
lib=$folder/lib
# libEGL alone: programs that want the machine's own must not find this one.
egl=$folder/egl
# The same libraries without libcuda, for GPU mode.
gpu=$folder/gpu
include=$root/nvbufsurface-sys/include
nvbuf=libnvbufsurface.so.1.0.0

releases() {
    awk '/^r[0-9]/ { print $1 }' "$root/tests/sim/releases.txt"
}

# The release's number for our headers.
l4t() {
    awk -v release="$release" '$1 == release { print $2 }' "$root/tests/sim/releases.txt"
}

# The version of the release's CUDA driver.
cuda() {
    awk -v release="$release" '$1 == release { print $3 }' "$root/tests/sim/releases.txt"
}

known_or_exit() {
    if [[ -z $(l4t) ]]; then
        echo "sim: NVMM_SIM_RELEASE=$release is not known; there are: $(releases | tr '\n' ' ')" >&2
        exit 2
    fi
}

# Whether a folder is one of the simulator's, of any release.
ours() {
    [[ $1 == "$state"/*/lib || $1 == "$state"/*/egl || $1 == "$state"/*/gpu ]]
}

# Where a real libnvbufsurface is; nvbufsurface-sys looks in the same places.
real_library() {
    local directory directories
    if [[ -n ${NVBUF_LIBRARY_PATH:-} ]] && ! ours "$NVBUF_LIBRARY_PATH"; then
        echo "$NVBUF_LIBRARY_PATH"
        return
    fi
    IFS=: read -r -a directories <<<"${LD_LIBRARY_PATH:-}"
    for directory in ${directories[@]+"${directories[@]}"} \
        /usr/lib/aarch64-linux-gnu/nvidia /usr/lib/aarch64-linux-gnu/tegra \
        /opt/nvidia/deepstream/deepstream/lib; do
        if [[ -n $directory && -e $directory/$nvbuf ]] && ! ours "$directory"; then
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
    [[ -e $folder/stamp ]] || return 0
    [[ -n $(find "$root/tests/sim" "$root/nvbufsurface-sys/src" "$include" \
        "$root/nvbufsurface-sys/Cargo.toml" "$root/Cargo.toml" "$root/ci/sim.sh" \
        -path "$root/tests/sim/tests" -prune -o \
        -newer "$folder/stamp" ! -name '*.md' -print -quit) ]]
}

install_library() {
    local to=${3:-$lib}
    # Renamed into place: a running process keeps the file that it has mapped.
    cp "$1" "$to/.$2.new"
    mv -f "$to/.$2.new" "$to/$2"
}

# Functions that one of our headers declares for the release, as SYMBOL(name) lines: what is left
# of its own lines without the bodies of structs and enums, statement by statement.
symbols() {
    local header=$1
    echo "/* Functions that $header declares for $release. Made by ci/sim.sh. */"
    cc -E -DNVBUF_L4T="$(l4t)" -I "$include" -x c "$include/$header" | awk -v header="/$header" '
        /^#/ {
            path = $0
            sub(/^[^"]*"/, "", path)
            sub(/".*$/, "", path)
            inside = substr(path, length(path) - length(header) + 1) == header
            next
        }
        inside { text = text " " $0 }
        END {
            while (match(text, /\{[^{}]*\}/)) {
                text = substr(text, 1, RSTART - 1) " " substr(text, RSTART + RLENGTH)
            }
            count = split(text, statements, ";")
            for (i = 1; i <= count; i++) {
                if (statements[i] ~ /^[ \t]*typedef[ \t]/) continue
                if (match(statements[i], /[A-Za-z_][A-Za-z0-9_]*[ \t]*\(/)) {
                    name = substr(statements[i], RSTART, RLENGTH - 1)
                    gsub(/[ \t]/, "", name)
                    print "SYMBOL(" name ")"
                }
            }
        }'
}

# Whether the release has the library of one of our headers: its number there is not 0.
has() {
    local macro=$1 value
    value=$(printf '#include "nvbuf_release.h"\n%s\n' "$macro" |
        cc -E -P -DNVBUF_L4T="$(l4t)" -I "$include" -x c - | tail -n 1)
    [[ $value != 0 ]]
}

# In the folder of the core, or in another one, from which the core is found at a path.
shim() { # SONAME LIST [FOLDER PATH]
    local soname=$1 list=$2 to=${3:-$lib} core=${4:-}
    cc -shared -fPIC -O2 -Wall -Werror -I "$root/tests/sim/include" \
        -DRELEASE="\"$release\"" -DLIBRARY="\"$soname\"" -DSYMBOLS="\"$list\"" \
        "$root/tests/sim/shims/shim.c" \
        -Wl,-soname,"$soname" -Wl,-z,defs -Wl,-z,nodelete -Wl,--disable-new-dtags \
        -Wl,-rpath,'$ORIGIN'"$core" -L "$lib" -lnvmm_sim -o "$folder/shim.so"
    install_library "$folder/shim.so" "$soname" "$to"
}

# The symbols of the driver's that are not newer than the release, as SYMBOL(name) lines.
driver_symbols() {
    echo "/* Functions of the CUDA driver of $release. Made by ci/sim.sh. */"
    awk -F '[(,)]' -v newest="$(cuda)" '
        $1 == "SYMBOL" && $3 + 0 <= newest + 0 { print "SYMBOL(" $2 ")" }
    ' "$root/tests/sim/shims/libcuda.h"
}

# A library of NVIDIA's from its header, if the release has it, with the name that -l looks for.
library() {
    local name=$1 macro=$2
    local soname=lib$name.so.1.0.0 list=$folder/symbols/$name.h
    if ! has "$macro"; then
        rm -f "$lib/$soname" "$lib/lib$name.so" "$list"
        return
    fi
    symbols "$name.h" >"$list"
    if ! grep -q '^SYMBOL(' "$list"; then
        echo "sim: no functions found in $name.h for $release" >&2
        exit 1
    fi
    shim "$soname" "$list"
    if [[ $(readlink "$lib/lib$name.so" || true) != "$soname" ]]; then
        ln -sfn "$soname" "$lib/lib$name.so"
    fi
}

build() {
    mkdir -p "$lib" "$egl" "$gpu" "$folder/symbols" "$root/target/plugins"
    touch "$folder/stamp.new"
    local flags=() target=() built=$state/build/release
    if [[ -n $sanitizer ]]; then
        target=(--target "$("${RUSTC:-rustc}" -vV | sed -n 's/^host: //p')")
        flags=(RUSTFLAGS="-Zsanitizer=$sanitizer -Cforce-frame-pointers=yes")
        built=$state/build/${target[1]}/release
    fi
    # Its own target folder: this may run inside a cargo that holds the lock of the usual one.
    (
        cd "$root"
        env -u RUSTFLAGS -u CARGO_ENCODED_RUSTFLAGS -u CARGO_BUILD_TARGET -u CARGO_TARGET_DIR ${flags[@]+"${flags[@]}"} \
            "${CARGO:-cargo}" build --quiet --release --target-dir "$state/build" ${target[@]+"${target[@]}"} \
            --lib -p nvmm-sim -p nvmm-sim-twins
    ) >&2
    install_library "$built/libnvmm_sim.so" libnvmm_sim.so
    if [[ -e $built/libnvmm_sim_twins.so ]]; then
        install_library "$built/libnvmm_sim_twins.so" libnvmm_sim_twins.so
    fi
    library nvbufsurface NVBUFSURFACE_ABI
    library nvbufsurftransform NVBUFSURFTRANSFORM_ABI
    library nvbuf_utils NVBUF_UTILS_ABI
    driver_symbols >"$folder/symbols/libcuda.h"
    shim libcuda.so.1 "$folder/symbols/libcuda.h"
    shim libEGL.so.1 "$root/tests/sim/shims/libEGL.h" "$egl" /../lib
    gpu_links
    mv -f "$folder/stamp.new" "$folder/stamp"
}

# In GPU mode the driver is the real one.
gpu_links() {
    local library
    rm -f "$gpu"/*
    for library in "$lib"/libnv*; do
        [[ -f $library ]] || continue
        ln -sfn "../lib/${library##*/}" "$gpu/${library##*/}"
    done
}

# A pkg-config file that finds its neighbours wherever the folder is copied to.
pkg_config_file() { # NAME REQUIRED
    cat <<EOF
prefix=\${pcfiledir}/../..
libdir=\${prefix}/lib
includedir=\${prefix}/include

Name: $1
Description: NVIDIA's lib$1 of $release, simulated
Version: 1.0.0
Requires: $2
Libs: -L\${libdir} -l$1
Cflags: -I\${includedir} -DNVBUF_L4T=$(l4t)
EOF
}

install_to() {
    local folder=$1 name requires
    mkdir -p "$folder/lib/pkgconfig" "$folder/egl" "$folder/gpu" "$folder/include"
    cp -a "$lib/." "$folder/lib/"
    cp -a "$egl/." "$folder/egl/"
    cp -a "$gpu/." "$folder/gpu/"
    cp "$include"/*.h "$root"/tests/sim/include/*.h "$folder/include/"
    for name in nvbufsurface nvbufsurftransform nvbuf_utils; do
        if [[ -e $lib/lib$name.so ]]; then
            requires=
            [[ $name != nvbufsurftransform ]] || requires=nvbufsurface
            pkg_config_file "$name" "$requires" >"$folder/lib/pkgconfig/$name.pc"
        fi
    done
    echo "sim: $release is in $folder; PKG_CONFIG_PATH=$folder/lib/pkgconfig, LD_LIBRARY_PATH=$folder/lib"
    echo "sim: with libEGL too: LD_LIBRARY_PATH=$folder/egl:$folder/lib"
    echo "sim: on a real GPU: NVMM_SIM_GPU=1 LD_LIBRARY_PATH=$folder/gpu"
}

build_if_stale() {
    stale || return 0
    mkdir -p "$folder"
    # One lock for all releases: they share the folder that cargo builds in.
    exec 9>"$state/lock"
    flock 9
    # Somebody else may have built it while this one waited.
    if stale; then build; fi
    exec 9>&-
}

hardware() {
    local line
    if read -r line 2>/dev/null </etc/nv_tegra_release; then
        sed -nE 's/^# *(R[0-9]+).*REVISION: *([0-9.]+).*/\1.\2/p' <<<"$line"
    fi
}

# A search path with one folder in front, and nothing of the simulator's or of that folder behind.
path_with() {
    local front=$1 directory directories result=$1
    IFS=: read -r -a directories <<<"${2:-}"
    for directory in ${directories[@]+"${directories[@]}"}; do
        if [[ -n $directory && $directory != "$front" ]] && ! ours "$directory"; then
            result+=:$directory
        fi
    done
    echo "$result"
}

case ${1:-} in
'')
    sed -n '2,13s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
    exit 2
    ;;
--releases)
    releases
    exit
    ;;
--install)
    known_or_exit
    if [[ -z ${2:-} ]]; then
        echo "sim: --install needs a folder" >&2
        exit 2
    fi
    build_if_stale
    install_to "$2"
    exit
    ;;
--library-dir)
    known_or_exit
    echo "$lib"
    exit
    ;;
--platform)
    if simulated; then
        known_or_exit
        echo "sim $release"
    else
        found=$(hardware)
        echo "hardware ${found:-?}"
    fi
    exit
    ;;
--build)
    known_or_exit
    build_if_stale
    exit
    ;;
esac

# Where the libraries are, as NVMM_SIM_GPU and NVMM_SIM_EGL want them.
wanted=$lib
[[ ${NVMM_SIM_GPU:-0} == 0 ]] || wanted=$gpu
front=$wanted
if [[ ${NVMM_SIM_EGL:-0} != 0 ]]; then
    if [[ $wanted == "$gpu" ]]; then
        echo "sim: NVMM_SIM_EGL=1 and NVMM_SIM_GPU=1 do not go together: GPU mode has the machine's own libEGL" >&2
        exit 2
    fi
    front=$egl:$lib
fi

path_is_right() {
    [[ ${LD_LIBRARY_PATH:-}: == "$front":* ]]
}

# Inside the simulator already, and of this release.
[[ ${NVMM_SIM_ROOT:-} == "$root" && ${NVMM_SIM_SET_FOR:-} == "$release" ]] && path_is_right && exec "$@"

simulated || exec "$@"

known_or_exit
build_if_stale
export NVMM_SIM_ROOT=$root
# What the variables below are set for: a call inside this one may ask for another release.
export NVMM_SIM_SET_FOR=$release
export NVMM_SIM_RELEASE=$release
export NVBUF_LIBRARY_PATH=$wanted
LD_LIBRARY_PATH=$(path_with "$wanted" "${LD_LIBRARY_PATH:-}")
[[ $front == "$wanted" ]] || LD_LIBRARY_PATH=$egl:$LD_LIBRARY_PATH
export LD_LIBRARY_PATH
twins=libnvmm_sim_twins.so
if [[ -z ${NVMM_SIM_KERNELS:-} || $NVMM_SIM_KERNELS == "$state"/*/lib/$twins ]] && [[ -e $lib/$twins ]]; then
    export NVMM_SIM_KERNELS=$lib/$twins
fi
plugins=$root/target/plugins
GST_PLUGIN_PATH=$(path_with "$plugins" "${GST_PLUGIN_PATH:-}")
export GST_PLUGIN_PATH
# GStreamer takes these in place of the plain ones.
if [[ -n ${GST_PLUGIN_PATH_1_0:-} ]]; then
    GST_PLUGIN_PATH_1_0=$(path_with "$plugins" "$GST_PLUGIN_PATH_1_0")
    export GST_PLUGIN_PATH_1_0
fi
if [[ -z ${GST_REGISTRY_1_0:-} ]]; then
    export GST_REGISTRY=${GST_REGISTRY:-$state/gst-registry.bin}
fi
exec "$@"
