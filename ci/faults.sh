#!/usr/bin/env bash
# Lets every call of NVIDIA's libraries fail at every place in the demo, the plugin, the base classes and the
# conformance suite that makes it, on r32.7 and r39.2, a process each; memory runs out, calls take longer,
# peers vanish. On the simulator only.
#
#   ci/faults.sh            all of it; some twenty minutes on two cores
#   ci/faults.sh --quick    a sample, within a minute and a half
#   ci/faults.sh --help     more options
#
# The last line is `faults: N injected, C crashes, L leaks, H hangs`. The exit status is 0 if nothing was found
# and at least 95 % of the places were reached. Every finding is printed with a command that shows it again;
# all of them are in target/faults/findings.txt.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

ci/plugin.sh
env -u CARGO_TARGET_DIR -u CARGO_BUILD_TARGET "${CARGO:-cargo}" build --quiet --release \
    -p nvmm-faults -p nvmm-conformance
exec target/release/nvmm-faults "$@"
