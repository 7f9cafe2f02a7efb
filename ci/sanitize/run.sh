#!/usr/bin/env bash
# Runs a program that has a sanitizer in it (ci/sanitize.sh). What it builds is built as ever.
exec env -u RUSTC -u RUSTC_BOOTSTRAP -u CARGO_UNSTABLE_BUILD_STD "$(dirname "${BASH_SOURCE[0]}")/../sim.sh" "$@"
