#!/usr/bin/env bash
# Compares egl-cuda's own headers with NVIDIA's, of three CUDA releases, and with Khronos': every size, offset, value and
# prototype, by the C compiler. Each claim is also made wrong, and has to be found.
#
# NVIDIA's come from their packages for Python (PyPI), into target/headers; nothing of them is kept in the tree. EGL's are
# the distribution's.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

folder=${CARGO_TARGET_DIR:-target}/headers
mkdir -p "$folder"

fetch() { # PACKAGE VERSION: prints the include folder
    local package=$1 version=$2 into=$folder/$2 found
    if [[ ! -e $into/complete ]]; then
        rm -rf "$into"
        mkdir -p "$into"
        python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: \
            --platform manylinux2014_x86_64 --platform manylinux_2_17_x86_64 --dest "$into" "$package==$version" >&2 || {
            echo "headers: $package $version could not be had from PyPI: is there a network, and python3-pip?" >&2
            exit 1
        }
        python3 -m zipfile -e "$into"/*.whl "$into"
        rm -f "$into"/*.whl
        touch "$into/complete"
    fi
    found=$(find "$into" -name cudaEGL.h -print -quit)
    [[ -n $found ]] || {
        echo "headers: $package $version has no cudaEGL.h" >&2
        exit 1
    }
    dirname "$found"
}

# CUDA 8.0 to 10.2 are not among the packages: for them the names of the symbols, which carry versions, must do.
while read -r package version; do
    include=$(fetch "$package" "$version")
    cargo run --quiet -p nvmm-headers -- compare driver.h "$version" "$include"
done <<'PACKAGES'
nvidia-cuda-runtime-cu11 11.8.89
nvidia-cuda-runtime-cu12 12.6.77
nvidia-cuda-runtime 13.5.37
PACKAGES

version() { # PACKAGE: of the distribution, as far as it counts
    dpkg-query -W -f='${Version}' "$1" 2>/dev/null || echo installed
}
cargo run --quiet -p nvmm-headers -- compare egl.h "libegl-dev $(version libegl-dev)" /usr/include
cargo run --quiet -p nvmm-headers -- compare gles.h "libgles-dev $(version libgles-dev)" /usr/include
