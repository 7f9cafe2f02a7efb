#!/bin/sh
# Is the checked-in PTX what its source compiles to?
#
#   ci/kernels.sh            compare; where there is no clang 14 only check version and target of the PTX
#   ci/kernels.sh --update   compile and check the result in
#
# The PTX must load everywhere from a TX2 (sm_62, CUDA 10.2, PTX ISA 6.5) on, so it is made for sm_53 and by clang 14,
# whose PTX is of ISA 4.2. No CUDA toolkit is needed. Other versions of clang write other, equally good PTX: only
# clang 14's is compared.
set -eu
cd "$(dirname "$0")/.."

target=sm_53
newest_isa=6.5

update=no
case "${1-}" in
    '') ;;
    --update) update=yes ;;
    *) sed -n '2,5s/^# \{0,1\}//p' "$0"; exit 2 ;;
esac

clang=
for name in ${CLANG:-} clang-14 clang; do
    if command -v "$name" >/dev/null 2>&1 && "$name" --version | grep -q 'clang version 14\.'; then
        clang=$name
        break
    fi
done

compile() { # SOURCE OUTPUT; with the empty folder for a toolkit, for clang would take the ISA of one that it finds
    "$clang" -x cuda --cuda-path="$fresh" --cuda-gpu-arch="$target" --cuda-device-only -nocudainc -nocudalib \
        -O2 -Wall -Wextra -Werror -S -o "$2" "$1"
}

# check PTX: its version, its target, and an entry of the name that its user looks for.
check() {
    isa=$(sed -n 's/^\.version[[:space:]]*//p' "$1")
    if ! printf '%s\n' "$isa" | grep -Eq '^[0-9]+\.[0-9]+$' ||
        [ "$(printf '%s\n%s\n' "$isa" "$newest_isa" | sort -V | tail -n 1)" != "$newest_isa" ]; then
        echo "kernels: $1 is PTX ISA '$isa', CUDA 10.2 takes $newest_isa at most" >&2
        return 1
    fi
    if ! grep -Eq "^\.target[[:space:]]+$target\$" "$1"; then
        echo "kernels: $1 is not for $target: $(grep '^\.target' "$1" || echo 'no .target line')" >&2
        return 1
    fi
    entry=nvmm_$(basename "$1" .ptx)
    if ! grep -q "\.visible \.entry $entry(" "$1"; then
        echo "kernels: $1 has no entry $entry" >&2
        return 1
    fi
    echo "kernels: $1: ISA $isa, $target, entry $entry"
}

fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT
failed=no
for source in gst-nvmm/plugin/kernels/*.cu gst-nvmm/examples/*/*.cu; do
    ptx=${source%.cu}.ptx
    if [ "$update" = yes ]; then
        [ -n "$clang" ] || { echo "kernels: --update needs clang 14 (Debian: apt-get install clang-14)" >&2; exit 1; }
        compile "$source" "$ptx"
        check "$ptx"
        continue
    fi
    check "$ptx" || failed=yes
    if [ -z "$clang" ]; then
        continue
    fi
    compile "$source" "$fresh/fresh.ptx"
    if diff -u "$ptx" "$fresh/fresh.ptx"; then
        echo "kernels: $ptx is what $source compiles to ($("$clang" --version | head -n 1))"
    else
        echo "kernels: $ptx is not what $source compiles to; after a change of the source: ci/kernels.sh --update" >&2
        failed=yes
    fi
done
if [ -z "$clang" ]; then
    echo "kernels: skipped the comparison with the source: no clang 14 here (neither clang-14 nor clang is one)"
fi
[ "$failed" = no ]
