#!/usr/bin/env bash
# The page gst-nvmm/docs/own-element.md, followed as a reader does, outside of this workspace: the crate is made of its
# blocks of code, each of which begins with the file's name, and built without CUDA. Both elements run on the simulator.
#
#   ci/own-element.sh
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
docs=$root/gst-nvmm/docs
build=$root/target/own-element

project=$(mktemp -d)
trap 'rm -rf "$project"' EXIT
mkdir -p "$project/src" "$project/.cargo"
awk -v project="$project" '
    /^```/ { inside = !inside; file = ""; first = inside; next }
    first { first = 0; if ($0 ~ /^(\/\/|#) [^ ]+\.(rs|toml)$/) file = project "/" $2 }
    inside && file { print > file }
' "$docs/own-element.md"
sed -i "s|path = \"../nvbuf-rs/|path = \"$root/|" "$project/Cargo.toml"
# As the page says.
sed -i 's|"..."; // \(include_str!.*\)$|\1;|' "$project"/src/*.rs
# The versions that this workspace is tested with.
cp "$root/Cargo.lock" "$project/"
cp -R "$root/egl-cuda/link" "$project/"
cp "$docs/kernels.ptx" "$project/src/"

# What the page says of PTX; other versions of clang write other, equally good PTX.
if clang=$(command -v clang-14) || { clang=$(command -v clang) && "$clang" --version | grep -q 'clang version 14\.'; }; then
    # With the empty folder for a toolkit, for clang would take the version of one that it finds.
    "$clang" -x cuda --cuda-path="$project/none" --cuda-gpu-arch=sm_53 --cuda-device-only -nocudainc -nocudalib -O2 \
        -Wall -Wextra -Werror -S -o "$project/fresh.ptx" "$docs/kernels.cu"
    diff -u "$docs/kernels.ptx" "$project/fresh.ptx" || {
        echo "own-element: kernels.ptx is not what kernels.cu compiles to" >&2
        exit 1
    }
else
    echo "own-element: kernels.ptx is not compared with kernels.cu: no clang 14 here"
fi

# Nothing of the caller's: neither a toolkit's path, nor the simulator, nor flags.
clean() {
    env -u CUDA_LIBRARY_PATH -u CUDA_PATH -u CUDA_ROOT -u CUDA_TOOLKIT_ROOT_DIR -u LD_LIBRARY_PATH \
        -u NVBUF_LIBRARY_PATH -u NVMM_SIM_ROOT -u NVMM_SIM_SET_FOR -u RUSTFLAGS -u CARGO_ENCODED_RUSTFLAGS \
        -u CARGO_BUILD_TARGET -u GST_PLUGIN_PATH_1_0 "$@"
}

(cd "$project" && clean CARGO_TARGET_DIR="$build" "${CARGO:-cargo}" build --quiet)
"${CC:-cc}" -shared -fPIC -O2 -Wall -Wextra -I "$root/tests/sim/include" -o "$project/libtwins.so" "$docs/twins.c"
"$root/ci/plugin.sh"
echo "own-element: the page's crate builds"

launch() {
    clean NVMM_SIM=1 NVMM_SIM_STRICT=1 NVMM_SIM_KERNELS="$project/libtwins.so" GST_PLUGIN_PATH="$build/debug" \
        GST_REGISTRY="$project/registry" GST_DEBUG_NO_COLOR=1 GST_DEBUG=cudafilter:4,cudaaggregator:4 \
        "$root/ci/sim.sh" gst-launch-1.0 "$@" >"$project/log" 2>&1 || {
        echo "own-element: gst-launch-1.0 $* failed:" >&2
        cat "$project/log" >&2
        exit 1
    }
    grep -Eq '8 frames.*[1-9][0-9]* registrations, 0 maps, 0 copies, 0 synchronizations$' "$project/log" || {
        echo "own-element: not zero-copy, or not said so: $*" >&2
        cat "$project/log" >&2
        exit 1
    }
}

# The byte of a colour of an RGBA picture of 64x48 in a file of them.
byte() { # FILE X Y COLOUR
    od -An -tu1 -j $((($3 * 64 + $2) * 4 + $4)) -N 1 "$1" | tr -d ' '
}

expect() { # WHAT FOUND WANTED
    [[ $2 == "$3" ]] || {
        echo "own-element: $1 is $2, not $3" >&2
        exit 1
    }
}

size='video/x-raw,format=RGBA,width=64,height=48'
source=(videotestsrc num-buffers=8)
# Columns differ before, and are equal in squares of 16 after.
launch "${source[@]}" pattern=gradient ! "$size" ! nvmmtransform ! mypixelate size=16 ! nvmmtransform ! "$size" \
    ! filesink location="$project/pixelate"
expect "the size of the pictures" "$(stat -c %s "$project/pixelate")" $((64 * 48 * 4 * 8))
for row in 17 31; do
    expect "row $row" "$(byte "$project/pixelate" 5 $row 0)" "$(byte "$project/pixelate" 5 16 0)"
done
[[ $(byte "$project/pixelate" 5 15 0) != $(byte "$project/pixelate" 5 16 0) ]] || {
    echo "own-element: nothing is to be seen of the squares" >&2
    exit 1
}

launch mywipe name=w percent=25 ! nvmmtransform ! "$size" ! filesink location="$project/wipe" \
    "${source[@]}" pattern=red ! "$size" ! nvmmtransform ! w.sink_0 \
    "${source[@]}" pattern=blue ! "$size" ! nvmmtransform ! w.sink_1
expect "red, left of the edge" "$(byte "$project/wipe" 15 20 0)" 255
expect "red, right of the edge" "$(byte "$project/wipe" 16 20 0)" 0
expect "blue, right of the edge" "$(byte "$project/wipe" 16 20 2)" 255
echo "own-element: both elements run on the simulator, without a copy"
