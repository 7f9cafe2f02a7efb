#!/usr/bin/env bash
# Makes what ci/hil.sh copies to a board: programs, plugin, the board's scripts and what the simulator answers to the conformance suite.
#
#   ci/hil/bundle.sh DIR [--native] [--figures]
#
# For aarch64 by ci/aarch64.sh, or --native for this machine's architecture. --figures also runs the benchmarks here, to stand beside the
# board's.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
folder='' native=no figures=no
for argument; do
    case $argument in
    --native) native=yes ;;
    --figures) figures=yes ;;
    -*)
        sed -n '2,7s/^# \{0,1\}//p' "$0" >&2
        exit 2
        ;;
    *) folder=$argument ;;
    esac
done
[[ -n $folder ]] || exit 2
folder=$(realpath -m -- "$folder")
if [[ -e $folder && ! -f $folder/about && -n $(ls -A -- "$folder") ]]; then
    echo "bundle: $folder is there and is no bundle: name a new folder" >&2
    exit 1
fi
cd "$root"
export CARGO_INCREMENTAL=0
programs=(nvmm-doctor nvmm-conformance nvmm-bench nvmm-overhead)
packages=(-p nvmm-doctor -p nvmm-conformance -p nvmm-bench)

# What the simulator answers, and what goes into the bundle of this machine.
ci/packages.sh build hil >&2
cargo build --quiet --release "${packages[@]}"
ci/plugin.sh
native_built=${CARGO_TARGET_DIR:-target}/release
[[ $(uname -m) != aarch64 ]] || native=yes
if [[ $native == yes ]]; then
    machine=$(uname -m) built=$native_built plugins=target/plugins strip=strip
else
    machine=aarch64 strip=aarch64-linux-gnu-strip
    built=target/aarch64/tree/target/release plugins=target/aarch64/tree/target/plugins
    ci/aarch64.sh sh bash -c "cargo build --quiet --release ${packages[*]} && ci/plugin.sh" >&2
fi

# Each release once, unless something is newer.
expect() {
    local release stale=no
    while read -r release; do
        NVMM_SIM=1 NVMM_SIM_RELEASE=$release ci/sim.sh --build
        [[ target/conformance/$release.json -nt target/release/nvmm-conformance &&
            target/conformance/$release.json -nt target/sim/$release/stamp ]] || stale=yes
    done < <(ci/sim.sh --releases)
    [[ $stale == no ]] || NVMM_SIM=1 ci/conformance.sh >&2
    while read -r release; do
        gzip -9n <"target/conformance/$release.json" >"$folder/expected/$release.json.gz"
    done < <(ci/sim.sh --releases)
}

rm -rf "$folder"
mkdir -p "$folder"/{bin,plugins,expected,figures}
# Known as a bundle, and as one that is not finished.
: >"$folder/about"
for program in "${programs[@]}"; do "$strip" -o "$folder/bin/$program" "$built/$program"; done
"$strip" --strip-unneeded -o "$folder/plugins/libgstnvmm.so" "$plugins/libgstnvmm.so"
# What a TX2 lacks of all that goes there.
[[ $native == yes ]] || ci/aarch64/audit.sh target/aarch64/symbols "$folder"/bin/* "$folder"/plugins/* >&2
cp ci/hil/{board,cases,facts}.sh "$folder/"
"$native_built/nvmm-conformance" --list | sed -n 's/^\([a-z0-9-]*\)\..*/\1/p' | sort -u >"$folder/areas"
expect
if [[ $figures == yes ]]; then
    NVMM_SIM=1 ci/bench.sh nvmm-bench >"$folder/figures/bench.demo.log"
    NVMM_SIM=1 ci/bench.sh nvmm-bench --streams >"$folder/figures/bench.streams.log"
    NVMM_SIM=1 ci/bench.sh nvmm-overhead >"$folder/figures/bench.overhead.log" || true
fi
{
    echo "machine $machine"
    echo "commit $(git describe --always --dirty 2>/dev/null || echo unknown)"
    echo "made $(date -u +%FT%TZ) on $(uname -m), $(sed -n 's/^PRETTY_NAME="\(.*\)"/\1/p' /etc/os-release 2>/dev/null)"
} >"$folder/about"
