#!/bin/sh
# Installs what a fresh Debian (12, 13) or Ubuntu (22.04, 24.04) machine with Rust lacks for this workspace.
#
#   ci/packages.sh [build] [run] [check]        all three when none is named
#
#   build  C compiler, pkg-config and the development files of GStreamer
#   run    GStreamer's tools and plugins, for pipelines, their tests and the demo
#   check  clang and libclang (PTX, bindings), binutils, g++, pip (NVIDIA's headers) and the headers of EGL and GLES, for the checks of
#          generated files and headers;
#          GStreamer's GL plugin with Mesa, which the simulator must not disturb
#   aarch64  only when named: what ci/aarch64.sh builds and runs with
#   hil      only when named: what ci/hil.sh needs to make a bundle and to talk to a board
#   rehearsal  only when named: an ssh server, for ci/hil/rehearse.sh
#
# Rust itself comes from https://rustup.rs; `build` and `check` say so when it is missing or too old.
set -eu

rust_needed=1.92

[ $# -gt 0 ] || set -- build run check
build=no run=no check=no aarch64=no hil=no rehearsal=no
for group in "$@"; do
    case "$group" in
        build) build=yes ;;
        run) run=yes ;;
        check) check=yes ;;
        aarch64) aarch64=yes ;;
        hil) hil=yes ;;
        rehearsal) rehearsal=yes ;;
        *) sed -n '2,13s/^# \{0,1\}//p' "$0"; exit 2 ;;
    esac
done

die() {
    echo "packages: $*" >&2
    exit 1
}

# rust_is_new_enough: `rustc 1.95.0 (...)` against 1.92
check_rust() {
    if ! command -v rustc >/dev/null 2>&1 || ! command -v cargo >/dev/null 2>&1; then
        if [ -x "${CARGO_HOME:-$HOME/.cargo}/bin/cargo" ]; then
            die "cargo is installed, but not in PATH: . \"${CARGO_HOME:-$HOME/.cargo}/env\""
        fi
        die "no Rust here: Rust $rust_needed or newer is needed, see https://rustup.rs"
    fi
    version=$(rustc --version | sed -n 's/^rustc \([0-9]*\.[0-9]*\).*/\1/p')
    [ -n "$version" ] || die "rustc --version failed; does rustup have a toolchain? (rustup default stable)"
    if [ "$(printf '%s\n%s\n' "$version" "$rust_needed" | sort -V | head -n 1)" != "$rust_needed" ]; then
        die "Rust $version is too old, $rust_needed or newer is needed: rustup update"
    fi
}

has_apt() {
    command -v apt-get >/dev/null 2>&1 && command -v dpkg-query >/dev/null 2>&1
}

is_installed() {
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

is_available() {
    [ -n "$(apt-cache show --no-all-versions "$1" 2>/dev/null)" ]
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null 2>&1; then
        sudo "$@"
    else
        die "neither root nor sudo; run as root: $*"
    fi
}

missing=
need() { # PACKAGE...
    for package in "$@"; do
        if ! has_apt || ! is_installed "$package"; then
            missing="$missing $package"
        fi
    done
}

# need_unless COMMAND PACKAGE: a command from elsewhere will do
need_unless() {
    command -v "$1" >/dev/null 2>&1 || need "$2"
}

find_libclang() {
    [ -n "${LIBCLANG_PATH:-}" ] && return
    for library in /usr/lib/llvm-*/lib/libclang*.so* /usr/lib/*/libclang*.so* /usr/lib64/libclang.so*; do
        case "$library" in
            *cpp*) ;;
            *) [ -e "$library" ] && return ;;
        esac
    done
    return 1
}

if [ "$build" = yes ] || [ "$check" = yes ] || [ "$aarch64" = yes ]; then
    check_rust
fi
if [ "$build" = yes ]; then
    # libc6-dev by name: gcc only recommends it, and recommendations are not installed here.
    need_unless gcc gcc
    need_unless pkg-config pkg-config
    need libc6-dev libgstreamer1.0-dev libgstreamer-plugins-base1.0-dev
fi
if [ "$run" = yes ]; then
    need gstreamer1.0-tools gstreamer1.0-plugins-base gstreamer1.0-plugins-good
    need gstreamer1.0-plugins-bad gstreamer1.0-plugins-ugly gstreamer1.0-libav
fi
if [ "$aarch64" = yes ]; then
    need_unless gcc gcc
    need_unless pkg-config pkg-config
    need_unless readelf binutils
    need_unless rsync rsync
    need_unless mmdebstrap mmdebstrap
    command -v qemu-aarch64 >/dev/null 2>&1 || need_unless qemu-aarch64-static qemu-user-static
    need libc6-dev debian-archive-keyring python3-venv
fi
if [ "$hil" = yes ]; then
    need_unless ssh openssh-client
    need_unless python3 python3
    need_unless strip binutils
    [ "$(uname -m)" = aarch64 ] || need_unless aarch64-linux-gnu-strip binutils-aarch64-linux-gnu
fi
if [ "$rehearsal" = yes ]; then
    if ! [ -x /usr/sbin/sshd ]; then
        need openssh-server
        # It would be started with the system's settings, for everybody.
        if [ -d /run/systemd/system ]; then
            as_root systemctl mask --quiet ssh.service ssh.socket
            echo "packages: ssh.service is masked, or installing sshd would open this machine; systemctl unmask ssh.service ssh.socket to use it" >&2
        fi
    fi
fi
# Whether clang 14 can be had is known after `apt-get update` alone: decided below.
want_clang=no
want_libclang=no
if [ "$check" = yes ]; then
    need_unless readelf binutils
    need_unless g++ g++
    need_unless pip3 python3-pip
    need libegl-dev libgles-dev gstreamer1.0-gl libegl1 libegl-mesa0 libgl1-mesa-dri
    command -v clang-14 >/dev/null 2>&1 || want_clang=yes
    find_libclang || want_libclang=yes
fi

if ! has_apt; then
    [ "$want_clang" = no ] || missing="$missing clang-14"
    [ "$want_libclang" = no ] || missing="$missing libclang-dev"
    if [ -z "$missing" ]; then
        echo "packages: nothing is missing"
        exit 0
    fi
    die "no apt here, so install these by hand (names as on Debian; some may be there already):$missing"
fi

# Once clang is known not to be offered here, its absence alone is no reason to update the lists every time.
if [ -z "$missing" ] && [ "$want_libclang" = no ]; then
    if [ "$want_clang" = no ]; then
        echo "packages: nothing is missing"
        exit 0
    elif [ -n "$(apt-cache pkgnames gstreamer1.0-tools 2>/dev/null)" ] && ! is_available clang-14; then
        echo "packages: nothing is missing (clang 14, which compares the PTX, is not offered here)"
        exit 0
    fi
fi

as_root apt-get update -q
if [ "$want_clang" = yes ] && is_available clang-14; then
    missing="$missing clang-14"
    [ "$want_libclang" = no ] || missing="$missing libclang-14-dev"
elif [ "$want_libclang" = yes ]; then
    missing="$missing libclang-dev"
fi
for package in $missing; do
    is_available "$package" || die "apt does not offer $package (Ubuntu: is \"universe\" enabled?); wanted:$missing"
done
echo "packages: installing$missing"
# shellcheck disable=SC2086 # one word per package
as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing
