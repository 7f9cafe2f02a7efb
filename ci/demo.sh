#!/usr/bin/env bash
# Two videos in, one overlaid NVMM video out: what this project is for, in one command.
#
#   ci/demo.sh              two moving test patterns
#   ci/demo.sh A.mp4 B.mp4  any two videos that GStreamer decodes; B is laid over A
#
# Writes target/demo/overlay.png, overlay.mp4 and report.json. Runs on the simulator, or on NVIDIA's
# libraries where they are; the first line says which.
set -euo pipefail

case $# in
0 | 2) ;;
*)
    echo "usage: ci/demo.sh [A.mp4 B.mp4]" >&2
    exit 2
    ;;
esac
inputs=()
for input in "$@"; do
    if [[ ! -r $input ]]; then
        echo "demo: $input cannot be read" >&2
        exit 1
    fi
    inputs+=("$(realpath "$input")")
done
cd "$(dirname "${BASH_SOURCE[0]}")/.."

NVMM_PLATFORM=$(ci/sim.sh --platform)
export NVMM_PLATFORM
echo "platform: $NVMM_PLATFORM"

ci/packages.sh build run
ci/plugin.sh
cargo build --quiet --release -p nvmm-demo
exec ci/sim.sh "${CARGO_TARGET_DIR:-target}/release/nvmm-demo" target/demo ${inputs[@]+"${inputs[@]}"}
