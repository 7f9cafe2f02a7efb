#!/usr/bin/env bash
# Builds libgstnvmm.so (release) and installs it into target/plugins, where ci/sim.sh makes GStreamer look.
#
#   ci/plugin.sh [CARGO_ARGUMENT ...]   quiet, and fast when nothing has changed
#
# Builds in CARGO_TARGET_DIR if that is set. Prints nothing but errors.
set -euo pipefail

cd_root=${BASH_SOURCE[0]%/*}
[[ $cd_root == "${BASH_SOURCE[0]}" ]] && cd_root=.
root=$(cd "$cd_root/.." && pwd -P)
built=${CARGO_TARGET_DIR:-$root/target}
plugins=$root/target/plugins
library=libgstnvmm.so

mkdir -p "$plugins"
# One at a time: several test programs may start at once.
exec 9>"$plugins/.lock"
flock 9
(
    cd "$root"
    # For this machine, whatever the caller's own build is for.
    env -u CARGO_BUILD_TARGET "${CARGO:-cargo}" build --quiet --release --target-dir "$built" \
        -p gst-plugin-nvmm "$@" 9>&-
) >&2

# The same file keeps its time, so that GStreamer's registry stays valid.
cmp -s "$built/release/$library" "$plugins/$library" && exit 0
# Renamed into place: a running process keeps the file that it has mapped.
cp "$built/release/$library" "$plugins/.$library.new"
mv -f "$plugins/.$library.new" "$plugins/$library"
