#!/usr/bin/env bash
# Random pipelines on the simulator in strict mode, one after the other: inputs come, go and end, caps change, seeks,
# states, small pools, slow consumers. After each it looks at what is left.
#
#   ci/soak.sh MINUTES [SEED]            pipelines of SEED and the numbers after it; others in every run where not said
#   ci/soak.sh --replay SEED [TIMES]     the pipeline of one number again, told step by step when it is once
#
# The last line is `soak: N pipelines, M frames, MINUTES min, F failures`. Fails if there was one, a hang included; a line
# says how to repeat it, and target/soak has the picture of a pipeline that hung and the backtraces of its threads (by
# gdb, where that is there). A seed decides the pipeline and what is done to it, not what its threads do meanwhile.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if [[ $# == 0 || $# -gt 3 ]]; then
    sed -n '2,10s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
    exit 2
fi

ci/packages.sh build run >&2
ci/plugin.sh
cargo build --quiet --release -p nvmm-soak
# The first broken rule of the platform ends the process. Two heaps for all threads: more
# would only hide how much of them is used.
export NVMM_SIM_STRICT=1 MALLOC_ARENA_MAX=2
exec ci/sim.sh "${CARGO_TARGET_DIR:-target}/release/nvmm-soak" "$@"
