#!/usr/bin/env bash
# Generates the bindings of nvbufsurface-sys anew from include/ and compares them with the checked-in
# ones.
#
#   ci/bindings.sh            fail on a difference
#   ci/bindings.sh --update   take the new ones
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

checked_in=nvbufsurface-sys/src/bindings/classic.rs
# Another include folder in the environment would be compared instead of ours.
unset NVBUF_INCLUDE_DIR
messages=$(cargo build --quiet --lib -p nvbufsurface-sys --features bindgen --message-format=json)
out=$(grep '"build-script-executed"' <<<"$messages" | grep 'nvbufsurface-sys' |
    sed -n 's/.*"out_dir":"\([^"]*\)".*/\1/p' | tail -n 1)
if [[ ! -e $out/classic.rs ]]; then
    echo "bindings: bindgen wrote nothing; is libclang there? (ci/packages.sh check)" >&2
    exit 1
fi
if [[ ${1:-} == --update ]]; then
    cp "$out/classic.rs" "$checked_in"
elif ! diff -u "$checked_in" "$out/classic.rs"; then
    echo "bindings: $checked_in is not what include/ gives; run ci/bindings.sh --update" >&2
    exit 1
fi
echo "bindings: $checked_in is up to date"
