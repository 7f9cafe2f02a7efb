#!/usr/bin/env bash
# Builds the plugin of tests/pipelines/other-plugin twice, each with a gst-nvmm of its own: a copy of this workspace's
# under target/two-versions, of another version than it.
#
#   ci/two-versions.sh    quiet, and fast when nothing has changed
#
#   target/two-versions/plugins-other/libgstother.so   0.9.0, another version of the interface between copies
#   target/two-versions/plugins-same/libgstother.so    0.8.0, the same version of it
#
# Builds in CARGO_TARGET_DIR if that is set. Prints nothing but errors.
set -euo pipefail

cd_root=${BASH_SOURCE[0]%/*}
[[ $cd_root == "${BASH_SOURCE[0]}" ]] && cd_root=.
root=$(cd "$cd_root/.." && pwd -P)
built=$(realpath -m "${CARGO_TARGET_DIR:-$root/target}")
state=$root/target/two-versions

# edit FILE SCRIPT: sed that must change the file, which keeps the time of its last change or of this script's.
edit() {
    local file=$1 script=$2 time=$1
    [[ $root/ci/two-versions.sh -nt $file ]] && time=$root/ci/two-versions.sh
    sed -E "$script" "$file" >"$file.new"
    touch -r "$time" "$file.new"
    if cmp -s "$file" "$file.new"; then
        echo "two-versions: $script changes nothing in $file" >&2
        return 1
    fi
    mv -f "$file.new" "$file"
}

# copy VARIANT VERSION: times are kept, so that cargo builds only what has changed. The version must be its own:
# without the workspace's folder it is all that tells cargo the copies' crates apart in one target folder.
copy() {
    local copy=$state/$1 version=$2 crate
    rm -rf "$copy"
    mkdir -p "$copy/tests/pipelines" "$copy/tests/sim"
    cp -a "$root/Cargo.toml" "$root/Cargo.lock" "$copy/"
    for crate in nvbufsurface-sys nvbuf egl-cuda gst-nvmm tests/sim/control tests/pipelines/other-plugin; do
        cp -a "$root/$crate" "$copy/$crate"
    done
    # The list of members up to its closing bracket.
    edit "$copy/Cargo.toml" '/^members = \[/,/^\]/c\
members = ["nvbufsurface-sys", "nvbuf", "egl-cuda", "gst-nvmm", "tests/sim/control", "tests/pipelines/other-plugin"]'
    edit "$copy/Cargo.toml" \
        's/^(version = |(nvbufsurface-sys|nvbuf|egl-cuda|gst-nvmm) = .*version = )"[^"]*"/\1"'"$version"'"/'
    # A cdylib's file has no hash in its name either.
    edit "$copy/tests/pipelines/other-plugin/Cargo.toml" 's/^name = "gstother"/name = "gstother_'"$1"'"/'
    if [[ $1 == other ]]; then
        edit "$copy/gst-nvmm/src/memory/interop.rs" 's/^const VERSION: u32 = [0-9]+;/const VERSION: u32 = 1000;/'
    fi
}

build() {
    local variant=$1 version=$2 plugins=$state/plugins-$1 library=libgstother.so
    local output=$built/release/libgstother_$variant.so
    copy "$variant" "$version"
    (
        cd "$state/$variant"
        env -u CARGO_BUILD_TARGET "${CARGO:-cargo}" build --quiet --release --target-dir "$built" \
            -p nvmm-other-plugin 9>&-
    ) >&2
    mkdir -p "$plugins"
    cmp -s "$output" "$plugins/$library" && return
    # Renamed into place: a running process keeps the file that it has mapped.
    cp "$output" "$plugins/.$library.new"
    mv -f "$plugins/.$library.new" "$plugins/$library"
}

mkdir -p "$state"
exec 9>"$state/.lock"
flock 9
build other 0.9.0
build same 0.8.0
