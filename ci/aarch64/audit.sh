#!/usr/bin/env bash
# Says what of aarch64 programs and libraries a TX2 (L4T R32: Ubuntu 18.04) does not have.
#
#   ci/aarch64/audit.sh FOLDER FILE ...      one line per offender, then the counts; exit status 1 if there is one
#   ci/aarch64/audit.sh --self-test FOLDER   lets it find what is wrong with libraries made for this (cc: aarch64)
#
# FOLDER has Debian's `symbols` files of GStreamer (gstreamer*.symbols) and of GLib (glib*.symbols), which give the first version
# that has each function. An offender is a symbol of a glibc newer than 2.27, of a GStreamer newer than 1.14.5, of a GLib newer than
# 2.56, a gst_* or g_* of no version known there, and a needed library of NVIDIA's or libEGL: those are opened when used.
set -euo pipefail

glibc=2.27 gstreamer=1.14.5 glib=2.56

audit() { # FOLDER FILE ...
    local folder=$1 file
    shift
    {
        for file in "$folder"/gstreamer*.symbols; do echo "TABLE gstreamer $gstreamer"; cat "$file"; done
        for file in "$folder"/glib*.symbols; do echo "TABLE glib $glib"; cat "$file"; done
        for file; do
            echo "FILE $file"
            LC_ALL=C readelf -W -d -V --dyn-syms "$file"
        done
    } | awk -v glibc="$glibc" '
        # Whether version A is newer than B, number by number.
        function newer(a, b,    x, y, i, n, m) {
            sub(/[-~+].*/, "", a)
            n = split(a, x, "."); m = split(b, y, ".")
            for (i = 1; i <= n || i <= m; i++) if (x[i] + 0 != y[i] + 0) return x[i] + 0 > y[i] + 0
            return 0
        }
        function offender(what) {
            if ((file, what) in seen) return
            seen[file, what] = 1
            print "audit: " file ": " what
            offenders++
        }
        $1 == "TABLE" { library = $2; floor = $3; next }
        $1 == "FILE" { file = $0; sub(/^FILE /, "", file); files++; next }
        # Of a table, " NAME@Base VERSION".
        !files {
            if (/^ [^ ]+@/) {
                name = $1; sub(/@.*/, "", name)
                first[name] = $2; of[name] = library; floors[name] = floor
                entries[library]++
            }
            next
        }
        $2 == "(NEEDED)" {
            name = $NF; gsub(/[][]/, "", name); needed++
            if (name ~ /^lib(cuda|cudart|EGL|nv[a-z]*)[-._]/ && name !~ /^libnvmm_sim/) offender("needs " name)
            next
        }
        # A version of glibc that is asked for, with or without a symbol of it.
        /Name: GLIBC_/ {
            match($0, /GLIBC_[A-Za-z0-9_.]+/); version = substr($0, RSTART + 6, RLENGTH - 6)
            if (version !~ /^[0-9]/ || newer(version, glibc)) offender("glibc " version ", newest allowed " glibc)
            next
        }
        $7 == "UND" && NF >= 8 {
            name = $8; version = ""
            if (i = index(name, "@")) { version = substr(name, i + 1); name = substr(name, 1, i - 1) }
            sub(/^@/, "", version)
            symbols++
            if (version ~ /^GLIBC_/) {
                of_glibc++
                sub(/^GLIBC_/, "", version)
                if (version !~ /^[0-9]/ || newer(version, glibc)) offender(name " of glibc " version ", newest allowed " glibc)
            } else if (name in first) {
                of_library[of[name]]++
                if (newer(first[name], floors[name])) offender(name " of " of[name] " " first[name] ", newest allowed " floors[name])
            } else if (name ~ /^(gst|g)_/) {
                offender(name ": no version of GStreamer or GLib known here has it")
            }
        }
        END {
            if (!entries["gstreamer"] || !entries["glib"]) { print "audit: no symbols files of GStreamer or GLib" ; exit 1 }
            printf "audit: %d files, %d needed libraries, %d symbols (%d of glibc, %d of GStreamer, %d of GLib), %d offenders\n",
                files, needed, symbols, of_glibc, of_library["gstreamer"], of_library["glib"], offenders
            exit offenders > 0 || !files || !symbols
        }'
}

# A library that needs one thing too new, or one library too many, and what the audit must say of it.
falsified() { # FOLDER NAME EXPECTED C-SOURCE [CC-ARGUMENT ...]
    local folder=$1 name=$2 expected=$3 source=$4 said
    shift 4
    echo "$source" >"$work/$name.c"
    cc -shared -fPIC "$work/$name.c" -o "$work/$name.so" "$@"
    if said=$(audit "$folder" "$work/$name.so"); then
        echo "audit: does not find what is wrong with $name:" >&2
    elif ! grep -qE "$name\.so: $expected" <<<"$said"; then
        echo "audit: finds something else wrong with $name:" >&2
    else
        return 0
    fi
    echo "$said" >&2
    return 1
}

self_test() { # FOLDER
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    # Nothing wrong: a function of glibc and one each that is as new as allowed.
    echo 'int puts(const char *); void gst_aggregator_pad_has_buffer(void), g_date_copy(void);
        void f(void) { puts(""); gst_aggregator_pad_has_buffer(); g_date_copy(); }' |
        cc -shared -fPIC -x c - -o "$work/right.so" -Wl,-z,undefs
    audit "$1" "$work/right.so" >"$work/said" || {
        cat "$work/said" >&2
        return 1
    }
    AARCH64_GLIBC=2.38 falsified "$1" strlcpy 'strlcpy of glibc 2\.38' \
        '#include <stddef.h>
        size_t strlcpy(char *, const char *, size_t); size_t f(char *a, char *b) { return strlcpy(a, b, 9); }'
    falsified "$1" segment 'gst_aggregator_update_segment of gstreamer 1\.1[5-8]' \
        'void gst_aggregator_update_segment(void); void f(void) { gst_aggregator_update_segment(); }' -Wl,-z,undefs
    falsified "$1" zone 'g_time_zone_new_offset of glib 2\.5[78]' \
        'void g_time_zone_new_offset(void); void f(void) { g_time_zone_new_offset(); }' -Wl,-z,undefs
    falsified "$1" unknown 'gst_no_such_thing: no version' \
        'void gst_no_such_thing(void); void f(void) { gst_no_such_thing(); }' -Wl,-z,undefs
    local soname
    for soname in libcuda.so.1 libEGL.so.1 libnvbufsurface.so.1.0.0 libnvbuf_utils.so.1.0.0; do
        echo 'void cuInit(void) {}' | cc -shared -fPIC -x c - -Wl,-soname,"$soname" -o "$work/needed.so"
        falsified "$1" linked "needs $soname" 'void cuInit(void); void f(void) { cuInit(); }' "$work/needed.so"
    done
    echo "audit: finds what is wrong with 8 libraries made for it, and nothing with a right one"
}

case ${1:-} in
--self-test) self_test "${2:?FOLDER}" ;;
'')
    sed -n '2,9s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
    exit 2
    ;;
*) audit "$@" ;;
esac
