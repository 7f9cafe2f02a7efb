#!/usr/bin/env bash
# Runs the conformance suite (tests/conformance) on every simulated release, or once where there is
# real hardware, and compares what came out with the table in its README.
#
#   ci/conformance.sh               run, print the table, compare it
#   ci/conformance.sh --update      run, write the table into the README
#   ci/conformance.sh --build-only  only build target/release/nvmm-conformance, to copy to a board
#
# Results are in target/conformance/RELEASE.json and .xml (JUnit).
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
out=$root/target/conformance
readme=$root/tests/conformance/README.md
binary=$root/target/release/nvmm-conformance

case ${1:-} in
'' | --update | --build-only) ;;
*)
    sed -n '2,9s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
    exit 2
    ;;
esac

(
    cd "$root"
    env -u CARGO_TARGET_DIR -u CARGO_BUILD_TARGET "${CARGO:-cargo}" build --quiet --release -p nvmm-conformance
)
if [[ ${1:-} == --build-only ]]; then
    echo "conformance: $binary"
    exit
fi
mkdir -p "$out"

platform=$("$root/ci/sim.sh" --platform)
if [[ $platform == hardware* ]]; then
    # One platform, and no table: that one is of the simulator.
    exec "$binary" --label "$platform" --json "$out/hardware.json" --junit "$out/hardware.xml"
fi

# A number of the report; its counts are the first lines that have the key.
count() { # FILE KEY
    sed -n 's/^  "'"$2"'": \([0-9]*\),\{0,1\}$/\1/p' "$1"
}

table=$'| release | passed | failed | not applicable |\n|---|---|---|---|'
bad=0
while read -r release; do
    # Every broken rule of the platform ends a case, but for those that break one on purpose.
    NVMM_SIM_RELEASE=$release NVMM_SIM_STRICT=1 "$root/ci/sim.sh" "$binary" \
        --label "$release, simulated" --provoking-env NVMM_SIM_STRICT=0 \
        --json "$out/$release.json" --junit "$out/$release.xml" >"$out/$release.log" || {
        cat "$out/$release.log"
        bad=1
    }
    json=$out/$release.json
    table+=$'\n'"| $release | $(count "$json" passed) | $(count "$json" failed) | $(count "$json" not_applicable) |"
done < <("$root/ci/sim.sh" --releases)
echo "$table"
if ((bad)); then
    echo "conformance: a case failed" >&2
    exit 1
fi

begin='<!-- table -->' end='<!-- end of table -->'
written=$(sed -n "/^$begin\$/,/^$end\$/{//!p}" "$readme")
if [[ $written == "$table" ]]; then
    exit
fi
if [[ ${1:-} != --update ]]; then
    echo "conformance: the table in tests/conformance/README.md is another; ci/conformance.sh --update" >&2
    exit 1
fi
{
    sed "/^$begin\$/q" "$readme"
    echo "$table"
    sed -n "/^$end\$/,\$p" "$readme"
} >"$out/README.md"
cp "$out/README.md" "$readme"
