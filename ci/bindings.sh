#!/usr/bin/env bash
# Generates the bindings of nvbufsurface-sys and egl-cuda anew from their include/, for x86_64 and for aarch64, and
# compares them with the checked-in ones.
#
#   ci/bindings.sh            fail on a difference
#   ci/bindings.sh --update   take the new ones
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

checked_in=nvbufsurface-sys/src/bindings
# Another include folder in the environment would be compared instead of ours.
unset NVBUF_INCLUDE_DIR

generate() { # CLANG-TARGET: prints the folder of the result
    local messages out
    # Freestanding: clang's own stdint.h, which every target has.
    messages=$(BINDGEN_EXTRA_CLANG_ARGS="--target=$1 -ffreestanding" cargo build --quiet --lib -p nvbufsurface-sys \
        --features bindgen --target-dir "target/bindings/$1" --message-format=json)
    out=$(grep '"build-script-executed"' <<<"$messages" | grep 'nvbufsurface-sys' |
        sed -n 's/.*"out_dir":"\([^"]*\)".*/\1/p' | tail -n 1)
    if [[ ! -e $out/classic.rs ]]; then
        echo "bindings: bindgen wrote nothing; is libclang there? (ci/packages.sh check)" >&2
        exit 1
    fi
    echo "$out"
}

modules() { # FOLDER: the generated files
    (cd "$1" && find . -name '*.rs' ! -name mod.rs ! -name sdk.rs | sort)
}

for target in x86_64-unknown-linux-gnu aarch64-unknown-linux-gnu; do
    out=$(generate "$target")
    if [[ ${1:-} == --update && $target == x86_64* ]]; then
        (cd "$checked_in" && find . -name '*.rs' ! -name mod.rs -delete)
        modules "$out" | while read -r module; do
            install -D -m 644 "$out/$module" "$checked_in/$module"
        done
    fi
    if ! diff -u <(modules "$checked_in") <(modules "$out"); then
        echo "bindings: $checked_in has other files than include/ gives; run ci/bindings.sh --update" >&2
        exit 1
    fi
    modules "$out" | while read -r module; do
        if ! diff -u "$checked_in/$module" "$out/$module"; then
            echo "bindings: $module is not what include/ gives for $target; run ci/bindings.sh --update" >&2
            exit 1
        fi
    done
    echo "bindings: $(modules "$checked_in" | wc -l) modules are what include/ gives for $target"
done

cargo run --quiet -p nvmm-headers -- bindings ${1:+"$1"}
