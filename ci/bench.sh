#!/usr/bin/env bash
# What the NVMM part of the demo costs at 1080p on this machine: nvmmtransform to nvmmtransform, sources and encoder
# excluded, beside plain copies of the same pixels in the same run.
#
#   ci/bench.sh [ARGUMENT ...]   ARGUMENTs go to nvmm-bench: --frames, --size, --limit MILLISECONDS, --raw FILE
#
# Fails above 12 ms of CPU a frame, unless --limit says otherwise.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

ci/packages.sh build run
ci/plugin.sh
cargo build --quiet --release -p nvmm-bench
exec ci/sim.sh "${CARGO_TARGET_DIR:-target}/release/nvmm-bench" --limit 12 "$@"
