#!/usr/bin/env bash
# A compiler with the sources of its standard library and the runtime of ThreadSanitizer, which -Zbuild-std needs; prints its path.
#
#   ci/sanitize/rust.sh FOLDER
#
# The one of rustup if it has them (rustup component add rust-src), else Debian's rustc-web, taken by apt-get download and
# unpacked into FOLDER, not installed, with rustup's runtime. Fails, and says why, if neither can be.
set -euo pipefail
folder=$(mkdir -p "$1" && cd "$1" && pwd)
host=$(rustc -vV | sed -n 's/^host: //p')
ours=$(rustc --print sysroot)/lib/rustlib
runtime=$ours/$host/lib/librustc-stable_rt.tsan.a
oldest=1.92

die() {
    echo "$*" >&2
    exit 1
}

llvm() { "$1" -vV | sed -n 's/^LLVM version: \([0-9]*\).*/\1/p'; }

if [[ -d $ours/src/rust/library ]]; then
    command -v rustc
    exit
fi
hint="rustup component add rust-src"
[[ -e $runtime ]] || die "rustc has no runtime of the sanitizer and no sources of the standard library ($hint)"
command -v apt-get >/dev/null && command -v dpkg >/dev/null || die "no sources of the standard library ($hint)"
version=$(apt-cache policy rust-web-src 2>/dev/null | awk '$1 == "Candidate:" { print $2 }')
[[ -n $version && $version != '(none)' ]] || die "no sources of the standard library ($hint), and apt has no rust-web-src"
dpkg --compare-versions "$version" ge "$oldest" || die "no sources of the standard library ($hint), and apt's are of $version, too old"

root=$folder/$version compiler=$folder/$version/rustc
if [[ ! -x $compiler ]]; then
    # What the compiler needs of its own; the rest every system with a C compiler has.
    mapfile -t packages < <(
        {
            apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts --no-breaks --no-replaces --no-enhances rustc-web |
                grep -oE '\b(lib(std-rust-web|llvm)[a-z0-9.-]*)' || true
            printf '%s\n' rustc-web rust-web-src
        } | sort -u
    )
    rm -rf "$root" && mkdir -p "$root/packages"
    (cd "$root/packages" && apt-get -q download "${packages[@]}") >"$folder/apt.log" 2>&1 ||
        die "apt-get download ${packages[*]}: $(tail -n 1 "$folder/apt.log")"
    for package in "$root"/packages/*.deb; do dpkg -x "$package" "$root"; done
    rm -rf "$root/packages"
    cp "$runtime" "$root/usr/lib/rustlib/$host/lib/"
    libraries=$(find "$root" -name 'libLLVM*.so*' -o -name 'librustc_driver*.so' | xargs -n 1 dirname | sort -u | paste -sd:)
    printf '#!/bin/sh\nLD_LIBRARY_PATH=%q exec %q "$@"\n' "$libraries" "$root/usr/bin/rustc" >"$root/rustc.new"
    chmod +x "$root/rustc.new"
    mv "$root/rustc.new" "$compiler"
fi
# The calls that LLVM puts into a program are those of its own runtime.
[[ $(llvm "$compiler") == "$(llvm rustc)" ]] ||
    die "Debian's rustc has LLVM $(llvm "$compiler"), rustup's runtime is of LLVM $(llvm rustc) (rustup update)"
echo "$compiler"
