#!/usr/bin/env bash
# Holds the headers and bindings of nvbufsurface-sys against the facts about each release's headers in
# nvbufsurface-sys/tests/facts, in C and in Rust, and shows that a changed fact is found.
#
#   ci/abi.sh                 all parts
#   ci/abi.sh facts           every fact of every release, and nothing more
#   ci/abi.sh changes         one fact of each kind changed in each file: exactly those are found
#   ci/abi.sh documentation   the releases that the bindings' documentation names
#
# Needs a C compiler and rustc. For aarch64 too where aarch64-linux-gnu-gcc or clang, and rustc's target,
# are there: it says which. The last line is the sum.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

exec cargo test --quiet -p nvbufsurface-sys --test abi -- "$@"
