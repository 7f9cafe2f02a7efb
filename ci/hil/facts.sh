#!/usr/bin/env bash
# The board's part of ci/hil.sh: what the board is and how it is set, into FOLDER/results/board, a file for each. The first line of what
# could not be had is `absent: WHY`.
#
#   facts.sh before|after FOLDER
#
# `before` also starts tegrastats, which ends with the run. As root only what sudo allows without a password.
set -u
when=$1
cd "$2/results/board" || exit
PATH=$PATH:/usr/sbin:/sbin

absent() { # FACT WHY
    echo "absent: $2" >"$1.txt"
}

# The output of a command; as root where that is possible and it fails otherwise.
fact() { # FACT COMMAND [ARGUMENT ...]
    local name=$1 why
    shift
    if ! command -v "$1" >/dev/null; then
        absent "$name" "there is no $1"
        return
    fi
    timeout -k 2 15 "$@" </dev/null 2>&1 | head -c 262144 >"$name.txt"
    if ((PIPESTATUS[0])) || [[ ! -s $name.txt ]]; then
        # What only root may see of a board.
        case $name in
        dmesg | nvpmodel-* | jetson_clocks-*) timeout -k 2 15 sudo -n "$@" </dev/null 2>/dev/null ;;
        *) false ;;
        esac | head -c 262144 >"$name.root"
        if ((PIPESTATUS[0] == 0)) && [[ -s $name.root ]]; then
            mv "$name.root" "$name.txt"
        else
            why=$(head -n 1 "$name.txt" 2>/dev/null)
            absent "$name" "$1 fails${why:+: $why}"
            rm -f "$name.root"
        fi
    fi
}

# Files, each with its name.
files() { # FACT PATTERN ...
    local name=$1 file
    shift
    # shellcheck disable=SC2048 # patterns
    for file in $*; do
        [[ -f $file && -r $file ]] || continue
        echo "$file: $(timeout -k 2 5 head -c 4096 "$file" 2>/dev/null | tr '\n' ' ')"
    done >"$name.txt"
    [[ -s $name.txt ]] || absent "$name" "nothing is readable of $*"
}

start_tegrastats() {
    local program
    program=$(type -P tegrastats || type -P "$HOME/tegrastats") || {
        absent tegrastats "there is no tegrastats"
        return
    }
    # Some hours of lines, each with the time, and each in the file at once: it ends by KILL.
    setsid "$program" --interval 1000 </dev/null 2>&1 | for ((count = 0; count < 20000; count++)); do
        read -r line || break
        printf '%(%H:%M:%S)T %s\n' -1 "${line:0:500}"
    done >tegrastats.txt 2>/dev/null &
}

if [[ $when == before ]]; then
    fact uname uname -a
    files os /etc/os-release
    files nv_tegra_release /etc/nv_tegra_release
    files model /proc/device-tree/model
    fact gstreamer gst-inspect-1.0 --version
    fact user id
    fact nodes find /dev -maxdepth 1 '(' -name 'nv*' -o -name 'video*' -o -name dri ')' -ls
    start_tegrastats
else
    fact dmesg bash -o pipefail -c 'dmesg | tail -n 400'
fi
fact "nvpmodel-$when" nvpmodel -q
fact "jetson_clocks-$when" jetson_clocks --show
files "cpufreq-$when" '/sys/devices/system/cpu/cpu[0-9]*/cpufreq/scaling_[gmc]*'
files "devfreq-$when" '/sys/class/devfreq/*/governor' '/sys/class/devfreq/*/*_freq'
files "temperatures-$when" '/sys/class/thermal/thermal_zone*/type' '/sys/class/thermal/thermal_zone*/temp'
files "memory-$when" /proc/meminfo /proc/loadavg
