#!/usr/bin/env bash
# A project that depends on egl-cuda with features cust and nvbuf (tests/downstream), from outside of this workspace: it
# builds without CUDA with what egl-cuda's README asks for and no more, needs no libcuda, says what is missing where there
# is no driver, and runs a kernel on the simulator.
#
#   ci/downstream.sh
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
build=$root/target/downstream

# Away from this workspace, whose .cargo/config.toml would do the project's part.
project=$(mktemp -d)
trap 'rm -rf "$project"' EXIT
cp -R "$root/tests/downstream/." "$project"
rm -rf "$project/target"
sed -i "s|path = \"../../|path = \"$root/|" "$project/Cargo.toml"
cp "$root/egl-cuda/examples/capture_loop/invert.ptx" "$project/src/"
# The versions that this workspace is tested with.
cp "$root/Cargo.lock" "$project/"
# What the README says: the folder, and two lines in .cargo/config.toml, which the project has.
cp -R "$root/egl-cuda/link" "$project/"

# Nothing of the caller's: neither a toolkit's path, nor the simulator, nor flags.
clean() {
    env -u CUDA_LIBRARY_PATH -u CUDA_PATH -u CUDA_ROOT -u CUDA_TOOLKIT_ROOT_DIR -u LD_LIBRARY_PATH \
        -u NVBUF_LIBRARY_PATH -u NVMM_SIM_ROOT -u NVMM_SIM_SET_FOR -u RUSTFLAGS -u CARGO_ENCODED_RUSTFLAGS \
        -u CARGO_BUILD_TARGET "$@"
}

(cd "$project" && clean CARGO_TARGET_DIR="$build" "${CARGO:-cargo}" build --quiet)
program=$build/debug/downstream

needed=$(readelf -d "$program" | grep NEEDED)
if grep -q libcuda <<<"$needed"; then
    echo "downstream: the program needs libcuda:" >&2
    echo "$needed" >&2
    exit 1
fi
echo "downstream: built without CUDA, needs no libcuda"

# The loader stops at a libcuda.so.1 that is no library, so that one that is installed is not found.
mkdir "$project/none"
echo "no library" >"$project/none/libcuda.so.1"
status=0
said=$(clean LD_LIBRARY_PATH="$project/none" "$program" 2>&1) || status=$?
if [[ $status != 3 ]] || ! grep -q '^cust: .*libcuda.so.1' <<<"$said" || ! grep -q 'tried libcuda.so.1' <<<"$said"; then
    echo "downstream: without CUDA the program ended with $status and said:" >&2
    echo "$said" >&2
    exit 1
fi
echo "downstream: says what is missing without CUDA"

"${RUSTC:-rustc}" --edition 2024 --crate-name fill_twin --crate-type cdylib -O -o "$build/libfill_twin.so" \
    "$root/egl-cuda/tests/fixtures/fill_twin.rs"
said=$(clean NVMM_SIM=1 NVMM_SIM_STRICT=1 NVMM_SIM_KERNELS="$build/libfill_twin.so" "$root/ci/sim.sh" "$program" 2>&1) || {
    echo "downstream: on the simulator the program failed:" >&2
    echo "$said" >&2
    exit 1
}
[[ $said == "76800 pixels are right" ]] || {
    echo "downstream: on the simulator the program said: $said" >&2
    exit 1
}
echo "downstream: runs a kernel on the simulator"
