#!/usr/bin/env bash
# The launcher of egl-cuda's example runtime_kernel, a kernel of the CUDA runtime.
#
#   ci/runtime-kernel.sh [--source DIR] OUT   compiles it with nvcc to OUT/librt_kernel.so; exit status 77 where there
#                                             is no nvcc. DIR has rt_kernel.cu and rt_kernel.h, where this script is
#                                             used without the repository
#   ci/runtime-kernel.sh --check              only whether host and device code are valid, by clang and the few
#                                             declarations of egl-cuda/tests/fixtures/cuda; 77 where there is no clang
#
# nvcc is $NVCC, in PATH or in /usr/local/cuda/bin. The runtime is linked statically: the library needs the driver alone.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
source=$here/../egl-cuda/examples/runtime_kernel
out=
check=no
while [[ $# -gt 0 ]]; do
    case $1 in
    --source)
        source=${2:?--source needs a folder}
        shift
        ;;
    --check) check=yes ;;
    *) out=$1 ;;
    esac
    shift
done

if [[ $check == yes ]]; then
    clang=
    for name in ${CLANG:-} clang-14 clang; do
        if command -v "$name" >/dev/null 2>&1; then
            clang=$name
            break
        fi
    done
    if [[ -z $clang ]]; then
        echo "runtime-kernel: skipped, there is no clang here"
        exit 77
    fi
    empty=$(mktemp -d)
    trap 'rm -rf "$empty"' EXIT
    for side in --cuda-host-only --cuda-device-only; do
        # With the empty folder for a toolkit, for clang would take one that it finds.
        "$clang" -x cuda --cuda-path="$empty" --cuda-gpu-arch=sm_53 "$side" -nocudainc -nocudalib -fsyntax-only \
            -Wall -Wextra -Werror -I "$here/../egl-cuda/tests/fixtures/cuda" -I "$source" "$source/rt_kernel.cu"
    done
    echo "runtime-kernel: host and device code of rt_kernel.cu are valid ($clang)"
    exit
fi

if [[ -z $out ]]; then
    sed -n '2,11s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
    exit 2
fi
nvcc=${NVCC:-$(PATH=$PATH:/usr/local/cuda/bin command -v nvcc || true)}
if [[ -z $nvcc ]]; then
    echo "runtime-kernel: skipped, there is no nvcc here (PATH, /usr/local/cuda/bin, or \$NVCC)"
    exit 77
fi
mkdir -p "$out"
"$nvcc" -shared -O2 -cudart static -Xcompiler -fPIC -o "$out/librt_kernel.so" "$source/rt_kernel.cu"
echo "runtime-kernel: $out/librt_kernel.so by $("$nvcc" --version | tail -n 1)"
