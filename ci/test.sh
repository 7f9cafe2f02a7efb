#!/usr/bin/env bash
# Every check that needs no special machine, in the order of how soon it tells. Installs what is
# missing. CI runs this; so may anybody.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Each step builds once; what incremental builds keep would only fill the disk.
export CARGO_INCREMENTAL=0

step() { printf '\n== %s\n' "$*"; }

step "platform: $(ci/sim.sh --platform)"
ci/packages.sh build run check

step "format"
cargo fmt --all --check
cargo fmt --manifest-path tests/fuzz/Cargo.toml --check

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

# All pipelines but those that take long and are the same everywhere.
pipelines=()
for file in tests/pipelines/tests/*.rs; do
    case $(basename "$file" .rs) in
    files | hostile | latency | link | starving | steady_state | transform_formats | transform_pictures | two_versions) ;;
    *) pipelines+=(--test "$(basename "$file" .rs)") ;;
    esac
done
for release in r35.4.1 r36.4 r39.2; do
    step "pipelines, as $release"
    NVMM_SIM_RELEASE=$release cargo test --quiet -p nvmm-pipelines --features gst-nvmm/cust "${pipelines[@]}"
done

step "pipelines, as r32.7 with bufapi-version"
# The tests of what memories look like without it are the only ones that mind.
DS_NEW_BUFAPI=1 cargo test --quiet -p nvmm-pipelines --features gst-nvmm/cust "${pipelines[@]}" -- \
    --skip our_output_is_what_every_element_of_the_release_takes --skip the_wrong_form_is_refused

step "a minute of made-up input"
ci/fuzz.sh 60

step "a sample of faults"
ci/faults.sh --quick --seed 1

step "a project outside of the workspace"
ci/downstream.sh

step "the page on writing elements, followed"
ci/own-element.sh

step "hardware in the loop, rehearsed"
ci/hil/rehearse.sh --native

step "cost of the NVMM part, with room for slow machines"
ci/bench.sh --slack 3

step "packages"
# Cargo keeps what it has unpacked of a version: the packages would be built on an older state of each other.
rm -rf "${CARGO_HOME:-$HOME/.cargo}"/registry/src/*/{nvbufsurface-sys,nvbuf,egl-cuda,gst-nvmm}-[0-9]*
cargo package --quiet --allow-dirty \
    -p nvbufsurface-sys -p nvbuf -p egl-cuda -p gst-nvmm

step "all passed"
echo "Not run here: aarch64 (ci/aarch64.sh, ci/hil/rehearse.sh), all faults (ci/faults.sh), random pipelines (ci/soak.sh), sanitizers (ci/sanitize.sh), real GPUs (ci/gpu.sh), any Jetson."
