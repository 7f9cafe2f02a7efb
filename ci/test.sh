#!/usr/bin/env bash
# Every check that needs no special machine, in the order of how soon it tells. Installs what is
# missing. CI runs this; so may anybody.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

step() { printf '\n== %s\n' "$*"; }

step "platform: $(ci/sim.sh --platform)"
ci/packages.sh build run check

step "format"
cargo fmt --all --check

step "checked-in PTX and bindings"
ci/kernels.sh
ci/bindings.sh
ci/runtime-kernel.sh --check || [[ $? == 77 ]]

step "headers and bindings against the facts"
ci/abi.sh

step "egl-cuda's headers against NVIDIA's and Khronos'"
ci/headers.sh

step "simulator"
ci/sim.sh --build
# Feature `linked` wants the libraries when it is built.
if [[ $(ci/sim.sh --platform) == sim* ]]; then
    NVBUF_LIBRARY_DIR=$(ci/sim.sh --library-dir)
    export NVBUF_LIBRARY_DIR
fi

step "clippy: default, no and all features"
cargo clippy --quiet --workspace --all-targets -- -D warnings
cargo clippy --quiet --workspace --all-targets --no-default-features -- -D warnings
cargo clippy --quiet --workspace --all-targets --all-features -- -D warnings

step "documentation"
RUSTDOCFLAGS=-Dwarnings cargo doc --quiet --workspace --no-deps --all-features

step "plugin"
ci/plugin.sh

step "conformance"
ci/conformance.sh

step "tests, on the simulator"
# The first broken rule of the platform aborts the test that broke it.
export NVMM_SIM_STRICT=1
# All features but `linked`: these tests choose the libraries by themselves (nvbufsurface-sys/tests/build
# has programs of its own for it).
features=nvbufsurface-sys/bindgen,egl-cuda/cust,egl-cuda/nvbuf,egl-cuda/gles,gst-nvmm/cust
cargo test --quiet --workspace --features "$features"

step "what NVMM memory looks like, and peers' memory, on other releases"
for release in r35.4.1 r36.4 r39.2; do
    NVMM_SIM_RELEASE=$release cargo test --quiet --workspace --features "$features" \
        --test identities --test batches --test foreign --test bad_input --test look_up --test tee
done

step "a project outside of the workspace"
ci/downstream.sh

step "the page on writing elements, followed"
ci/own-element.sh

step "faults, a sample"
ci/faults.sh --quick

step "cost of the NVMM part, with room for slow machines"
ci/bench.sh --slack 3

step "packages"
# Cargo keeps what it has unpacked of a version: the packages would be built on an older state of each other.
rm -rf "${CARGO_HOME:-$HOME/.cargo}"/registry/src/*/{nvbufsurface-sys,nvbuf,egl-cuda,gst-nvmm}-[0-9]*
cargo package --quiet --allow-dirty \
    -p nvbufsurface-sys -p nvbuf -p egl-cuda -p gst-nvmm

step "all passed"
echo "Not run here: all faults (ci/faults.sh), real GPUs (ci/gpu.sh), any Jetson."
