#!/usr/bin/env bash
# Builds for a TX2 (aarch64, glibc 2.27) on an x86_64 machine, says what of it the TX2 lacks, and runs it here under qemu-user on the
# simulator: the conformance suite, the layers' tests, pipelines, a project outside of the workspace. No Docker, no board.
#
#   ci/aarch64.sh                           all of it
#   ci/aarch64.sh setup                     only what is needed for it: tools, Rust's aarch64 library, an arm64 userland
#   ci/aarch64.sh audit                     build what goes to a board, and audit it
#   ci/aarch64.sh sh COMMAND [ARGUMENT ...] run a command as the tests are: cargo, cc, gst-launch-1.0 and ci/sim.sh are aarch64's
#
# For Debian 12, 13 and Ubuntu 22.04, 24.04 with Rust, as root or with sudo. All is kept in target/aarch64; packages that are missing
# are installed, and aarch64 programs are registered with the kernel (binfmt_misc) until the next boot if they are not yet.
# `sh` also builds what is yours: in your project's folder, .../ci/aarch64.sh sh cargo build --release, then target/release there.
# In a folder of this workspace it works in a copy of that, target/aarch64/tree. AARCH64_DEBIAN_RUST=1 takes Debian's rustc in any case.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
export AARCH64=$root/target/aarch64
# L4T R32 is Ubuntu 18.04.
export AARCH64_GLIBC=2.27
export AARCH64_HOST_PATH=$PATH
triple=aarch64-unknown-linux-gnu
sysroot=$AARCH64/sysroot
symbols=$AARCH64/symbols
# A copy of the sources in which everything that is built is aarch64's, so that no script has to know.
tree=$AARCH64/tree
lib=$sysroot/usr/lib/aarch64-linux-gnu

step() { echo "== $1"; }
die() {
    echo "aarch64: $*" >&2
    exit 1
}
as_root() {
    if [[ $(id -u) == 0 ]]; then "$@"; else sudo "$@"; fi
}

# The kernel starts aarch64 programs by qemu: tests start themselves again, and scripts start them.
register() {
    local all=/proc/sys/fs/binfmt_misc qemu
    [[ $(uname -m) != aarch64 ]] || return 0
    [[ -e $all/register ]] || as_root mount -t binfmt_misc binfmt_misc "$all" ||
        die "no binfmt_misc here (in a container: register qemu-aarch64 on its host)"
    # The magic of a 64-bit little-endian ELF program or library, and aarch64's number.
    grep -qs '^magic 7f454c460201010000000000000000000200b700' "$all"/* && return
    qemu=$(command -v qemu-aarch64-static || command -v qemu-aarch64)
    # F: opened now, so that it is found from any root.
    printf ':%s:M::%s:%s:%s:F' nvmm-aarch64 \
        '\x7f\x45\x4c\x46\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00' \
        '\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff' "$qemu" |
        as_root tee "$all/register" >/dev/null || die "the kernel takes no qemu (in a container: register it on its host)"
}

zig() {
    if cmp -s "$root/ci/aarch64/requirements.txt" "$AARCH64/venv/requirements.txt"; then return; fi
    rm -rf "$AARCH64/venv"
    python3 -m venv "$AARCH64/venv"
    "$AARCH64/venv/bin/pip" install --quiet --disable-pip-version-check -r "$root/ci/aarch64/requirements.txt"
    ln -sfn "$("$AARCH64/venv/bin/python" -c 'import os, ziglang; print(os.path.dirname(ziglang.__file__))')/zig" "$AARCH64/zig"
    cp "$root/ci/aarch64/requirements.txt" "$AARCH64/venv/"
}

# A rustc that has aarch64's standard library: the machine's, with rustup's help, or Debian's, unpacked beside.
rust() {
    local unpacked=$AARCH64/rust libdir
    libdir=$(rustc --print target-libdir --target "$triple")
    [[ ! -d $libdir || -n ${AARCH64_DEBIAN_RUST:-} ]] || return 0
    if [[ ! -e $unpacked/done && -z ${AARCH64_DEBIAN_RUST:-} ]] && command -v rustup >/dev/null && timeout 300 rustup target add "$triple"; then return; fi
    if [[ ! -e $unpacked/done ]]; then
        echo "aarch64: rustup has no $triple here; taking Debian's rustc" >&2
        rm -rf "$unpacked"
        as_root mmdebstrap --quiet --variant=extract --architectures=amd64,arm64 \
            --include=rustc-web,libstd-rust-web-dev,libstd-rust-web-dev:arm64 bookworm "$unpacked" ||
            die "Debian's rustc is not to be had either"
        as_root chown -R "$(id -u):$(id -g)" "$unpacked"
        # arm64's LLVM, manuals.
        rm -rf "${unpacked:?}"/usr/{lib/aarch64-linux-gnu,share}
        touch "$unpacked/done"
    fi
    export AARCH64_RUSTC=$unpacked/rustc
    cat >"$AARCH64_RUSTC" <<END
#!/bin/sh
LD_LIBRARY_PATH=$unpacked/usr/lib/x86_64-linux-gnu exec $unpacked/usr/bin/rustc "\$@"
END
    chmod +x "$AARCH64_RUSTC"
}

# The oldest arm64 userland there is. Its security updates are no longer kept, and are not needed here.
userland() {
    local suite
    [[ ! -e $AARCH64/suite ]] || return 0
    for suite in bullseye bookworm; do
        rm -rf "$sysroot" "$symbols"
        mkdir -p "$symbols"
        # shellcheck disable=SC2016 # $1 is the hooks' own
        if as_root mmdebstrap --quiet --variant=extract --architectures=arm64 \
            --setup-hook='sed -i /security/d "$1"/etc/apt/sources.list' \
            --extract-hook='for deb in "$1"/var/cache/apt/archives/*.deb; do
                name=${deb##*/}
                case $name in
                libgstreamer1.0-0_* | libgstreamer-plugins-base1.0-0_*) kind=gstreamer-${name%%_*} ;;
                libglib2.0-0_*) kind=glib ;;
                *) continue ;;
                esac
                dpkg-deb --ctrl-tarfile "$deb" | tar -xO ./symbols >"'"$symbols"'/$kind.symbols"
            done' \
            --include=libgstreamer1.0-dev,libgstreamer-plugins-base1.0-dev,gstreamer1.0-tools \
            --include=gstreamer1.0-plugins-base,gstreamer1.0-plugins-good "$suite" "$sysroot"; then
            as_root chown -R "$(id -u):$(id -g)" "$sysroot" "$symbols"
            # qemu looks here first: what is not the userland's own must be the machine's.
            rm -rf "${sysroot:?}"/{dev,proc,run,sys,tmp,var}
            echo "$suite" >"$AARCH64/suite"
            return
        fi
    done
    die "neither bullseye nor bookworm can be had for arm64"
}

programs() {
    local name
    mkdir -p "$AARCH64/programs"
    for name in gst-launch-1.0 gst-inspect-1.0; do ln -sfn "$sysroot/usr/bin/$name" "$AARCH64/programs/$name"; done
}

setup() {
    "$root/ci/packages.sh" aarch64
    mkdir -p "$AARCH64"
    # One at a time.
    exec 8>"$AARCH64/lock"
    flock 8
    register
    zig
    rust
    userland
    programs
    exec 8>&-
    rsync -a --delete --exclude=/target --exclude=/.git "$root/" "$tree/"
    echo "aarch64: $(cat "$AARCH64/suite"), GStreamer $(PKG_CONFIG_LIBDIR=$lib/pkgconfig pkg-config --modversion gstreamer-1.0)," \
        "$("${AARCH64_RUSTC:-rustc}" --version), zig $("$AARCH64/zig" version)"
}

# What follows is aarch64's.
enter() {
    export CARGO_ZIGBUILD_ZIG_PATH=$AARCH64/zig ZIG_GLOBAL_CACHE_DIR=$AARCH64/zig-cache
    export PKG_CONFIG_ALLOW_CROSS=1 PKG_CONFIG_SYSROOT_DIR=$sysroot
    export PKG_CONFIG_LIBDIR=$lib/pkgconfig:$sysroot/usr/share/pkgconfig
    export QEMU_LD_PREFIX=$sysroot
    export GST_PLUGIN_SCANNER=$lib/gstreamer1.0/gstreamer-1.0/gst-plugin-scanner
    # Nothing of the machine's own simulator, and none of its hardware.
    unset NVBUF_LIBRARY_PATH NVMM_SIM_ROOT NVMM_SIM_SET_FOR CARGO_TARGET_DIR CARGO_BUILD_TARGET RUSTFLAGS CARGO_ENCODED_RUSTFLAGS
    export NVMM_SIM=1 NVMM_SIM_STRICT=1
    export PATH=$AARCH64/programs:$tree/ci/aarch64/bin:$AARCH64_HOST_PATH
    export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER="env PATH=$PATH CARGO=$tree/ci/aarch64/bin/cargo $tree/ci/sim.sh"
    cd "$tree"
}

build() {
    step "plugin, conformance suite and simulator"
    ci/plugin.sh
    ci/conformance.sh --build-only
    ci/sim.sh --build
    NVMM_SIM_RELEASE=r39.2 ci/sim.sh --build
}

# Programs and libraries, of what there is.
artefacts() {
    find target/plugins target/sim/r*/{lib,egl} -type f -name '*.so*'
    echo target/release/nvmm-conformance
    find "target/$triple/debug"/{deps,examples} target/downstream/debug -maxdepth 1 -type f \
        \( -perm -u+x -o -name '*.so' \) 2>/dev/null || true
}

audit() {
    ci/aarch64/audit.sh --self-test "$symbols"
    artefacts | xargs ci/aarch64/audit.sh "$symbols"
}

passed=0 failed=0
count() { # PASSED FAILED
    passed=$((passed + $1)) failed=$((failed + $2))
}

conformance() { # RELEASE
    local log=$AARCH64/conformance-$1.log line
    step "conformance, as $1"
    NVMM_SIM_RELEASE=$1 ci/sim.sh target/release/nvmm-conformance --label "$1, aarch64" \
        --provoking-env NVMM_SIM_STRICT=0 >"$log" 2>&1 || cat "$log"
    line=$(grep -oE '[0-9]+ passed, [0-9]+ failed' "$log" | tail -n 1) || line="0 passed, 1 failed"
    echo "$line"
    # shellcheck disable=SC2086 # four words
    set -- $line
    count "$1" "$3"
}

# Test programs, less the tests that ci/aarch64/skip.txt names. Those of nvbufsurface-sys that build programs or ask a compiler (abi,
# build) are about the machine that builds.
tests() {
    local log=$AARCH64/tests.log skip=() name sums layers features=egl-cuda/cust,egl-cuda/nvbuf,gst-nvmm/cust
    step "tests, as r32.7"
    while read -r name _; do
        [[ $name == '' || $name == '#'* ]] || skip+=(--skip "$name")
    done <ci/aarch64/skip.txt
    layers=(-p nvbuf -p egl-cuda -p gst-nvmm -p nvmm-pipelines --features "$features")
    # Tests start them.
    cargo build --quiet "${layers[@]}" --examples
    {
        cargo test --no-fail-fast "${layers[@]}" --lib --tests -- --exact ${skip[@]+"${skip[@]}"} || true
        cargo test --no-fail-fast -p nvbufsurface-sys --lib --test releases --test resolver --test self_test || true
    } >"$log" 2>&1
    grep -E '^test .* FAILED$|^error' "$log" || true
    # A program that ended otherwise than by its last line counts as one failure.
    sums=$(awk '
        /^     Running / { if (open) failed++; open = 1 }
        /^test result: / { passed += $4; failed += $6; open = 0 }
        END { print passed + 0, failed + open + !passed }' "$log")
    # shellcheck disable=SC2086 # two words
    set -- $sums
    echo "$1 passed, $2 failed, $((${#skip[@]} / 2)) left out (ci/aarch64/skip.txt); all of it in $log"
    count "$1" "$2"
}

# The same pictures with the plugin in between as without.
pipeline() {
    local caps=video/x-raw,format=RGBA,width=640,height=360 nvmm='video/x-raw(memory:NVMM),format=RGBA'
    local source="videotestsrc num-buffers=10 ! $caps"
    step "gst-launch-1.0 of $(cat "$AARCH64/suite")"
    # shellcheck disable=SC2086 # words of pipelines
    if ci/sim.sh gst-launch-1.0 -q $source ! filesink location="$AARCH64/plain.raw" &&
        ci/sim.sh gst-launch-1.0 -q $source ! nvmmtransform ! "$nvmm" ! nvmmoverlay ! "$nvmm" ! nvmmtransform ! $caps \
            ! filesink location="$AARCH64/nvmm.raw" &&
        [[ -s $AARCH64/plain.raw ]] && cmp "$AARCH64/plain.raw" "$AARCH64/nvmm.raw"; then
        echo "10 pictures came through nvmmtransform and nvmmoverlay as they were"
        count 1 0
    else
        count 0 1
    fi
}

downstream() {
    step "a project outside of the workspace"
    if ci/downstream.sh; then count 1 0; else count 0 1; fi
}

case ${1:-} in
'' | audit) ;;
setup)
    setup
    exit
    ;;
sh)
    [[ $# -gt 1 ]] || die "sh needs a command"
    here=$(pwd -P)
    setup >&2
    enter
    # A folder of this workspace is that of the copy, any other is itself.
    case $here/ in
    "$root"/*) here=$tree${here#"$root"} ;;
    esac
    cd "$here"
    shift
    exec "$@"
    ;;
*)
    sed -n '2,14s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
    exit 2
    ;;
esac

step "tools and userland"
setup
enter
build
if [[ ${1:-} == audit ]]; then
    audit
    exit
fi
conformance r32.7
conformance r39.2
pipeline
downstream
tests
step "audit"
clean=1
audit || clean=0
echo "$passed passed, $failed failed"
((clean && !failed && passed))
