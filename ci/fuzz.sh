#!/usr/bin/env bash
# What others can send (descriptors in memory, descriptions from other processes, names of releases, caps, PTX), made up
# by libFuzzer with AddressSanitizer, on the simulator.
#
#   ci/fuzz.sh [SECONDS [TARGET ...]]     so long in all (60 if not said), half of it for the target `descriptor`
#   ci/fuzz.sh --repeat TARGET FILE       one input again, that of a crash
#
# What it finds new is kept in target/fuzz/corpus and used again. The last line is `fuzz: N runs over T targets, C
# crashes`. Fails if there was one; a line says how to repeat it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

usage() {
    sed -n '2,9s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
    exit 2
}

repeat='' seconds=60
case ${1:-} in
--repeat)
    [[ $# == 3 ]] || usage
    repeat=$3
    targets=("$2")
    ;;
*)
    [[ ${1:-60} =~ ^[0-9]+$ ]] || usage
    seconds=${1:-60}
    targets=("${@:2}")
    ;;
esac
[[ ${#targets[@]} -gt 0 ]] || targets=(descriptor map_params release caps ptx)
for target in "${targets[@]}"; do
    [[ -f tests/fuzz/targets/$target.rs ]] || {
        echo "fuzz: no target $target: $(cd tests/fuzz/targets && echo *.rs | sed 's/\.rs//g')" >&2
        exit 2
    }
done

ci/packages.sh build run check
ci/sim.sh --build

host=$(rustc -vV | sed -n 's/^host: //p')
home=${CARGO_TARGET_DIR:-target}/fuzz
mkdir -p "$home"
home=$(cd "$home" && pwd)
# What `cargo fuzz` sets: counts of edges, comparisons with their values, the sanitizer (of which a stable compiler says that
# it is not stable, but has it).
flags="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters"
flags+=" -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1"
flags+=" -Zsanitizer=address --cfg fuzzing"
RUSTC_BOOTSTRAP=1 RUSTFLAGS=$flags cargo build --quiet --release --manifest-path tests/fuzz/Cargo.toml \
    --target "$host" --target-dir "$home" --bins
programs=$home/$host/release

# Leaks are counted by the targets themselves: GLib keeps what it has made once. The simulator is as it is without the
# sanitizer, and tells what it noticed, but a peer's lies are no mistake of ours.
export ASAN_OPTIONS=detect_leaks=0:${ASAN_OPTIONS:-} NVMM_SIM_STRICT=0 NVMM_SIM_LOG=0

if [[ -n $repeat ]]; then
    file=$(realpath "$repeat")
    exec ci/sim.sh "$programs/${targets[0]}" "$file"
fi

runs=0 crashes=0
for target in "${targets[@]}"; do
    # Each has as much, the first of several the half.
    share=$((seconds / ${#targets[@]}))
    if ((${#targets[@]} > 1)); then
        share=$((seconds / 2 / (${#targets[@]} - 1)))
        [[ $target != "${targets[0]}" ]] || share=$((seconds / 2))
    fi
    ((share > 0)) || share=1
    mkdir -p "$home/corpus/$target" "$home/crashes"
    log=$home/$target.log
    echo "fuzz: $target, $share seconds" >&2
    status=0
    ci/sim.sh "$programs/$target" "$home/corpus/$target" "tests/fuzz/seeds/$target" -max_total_time=$share \
        -timeout=10 -rss_limit_mb=4096 -max_len=512 -print_final_stats=1 -artifact_prefix="$home/crashes/$target-" \
        >"$log" 2>&1 || status=$?
    count=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
    covered=$(grep -oE 'cov: [0-9]+ ft: [0-9]+ corp: [0-9]+' "$log" | tail -n 1 || true)
    echo "fuzz: $target: ${count:-0} runs, $covered" >&2
    runs=$((runs + ${count:-0}))
    if [[ $status != 0 || -z $count ]]; then
        crashes=$((crashes + 1))
        tail -n 60 "$log" >&2
        artifact=$(sed -n 's/.*Test unit written to //p' "$log" | tail -n 1)
        echo "fuzz: again by ci/fuzz.sh --repeat $target ${artifact:-NO_FILE}; see $log" >&2
    fi
done
echo "fuzz: $runs runs over ${#targets[@]} targets, $crashes crashes"
((crashes == 0))
