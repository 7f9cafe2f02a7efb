#!/usr/bin/env bash
# Runs doctor, conformance suite, pipelines and benchmarks on a board: one command here, nothing but ssh and a base system there.
#
#   ci/hil.sh [USER@]BOARD [OPTION ...]
#   ci/hil.sh --bundle-only DIR [--native]   only make what would be copied
#
#   --ssh COMMAND       in the place of `ssh`: --ssh 'ssh -p 2222 -i KEY'
#   --native            programs of this machine's architecture, not aarch64's
#   --bundle DIR|TAR    programs that were made before
#   --folder DIR        where the folder of the run is made (the user's home, or /tmp if there is no room)
#   --only NAME[,NAME]  some cases, or groups (doctor, conformance, plugin, pipeline, nvvidconv, encoder, camera, bench)
#   --env NAME=VALUE    for the programs on the board: --env DISPLAY=:0
#   --limit MINUTES     for the whole run (60), or SECONDSs; after that the board ends it by itself
#   --patience SECONDS  how long the board may be out of reach (600)
#   --slack FACTOR      limits of cases times FACTOR
#   --case-limit SECONDS  for each case at most
#   --quick             benchmarks that only show that they run
#   --figures           run the benchmarks here too, on the simulator, and show them beside the board's
#   --resume FOLDER     wait for, fetch and remove a run that was left on the board
#
# Results are in target/hil/DATE-BOARD. Exit status: 0 nothing failed or hung, 1 something did, or the board is not as it was, 2 called
# wrongly, 3 the board is out of reach and the results are on it, 4 the board cannot be used, 130 interrupted. ci/hil/README.md has more.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)

usage() {
    [[ $# == 0 ]] || echo "hil: $*" >&2
    sed -n '2,25s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
    exit 2
}
die() { # STATUS TEXT
    line "hil: $2" >&2
    exit "$1"
}

board='' ssh=(ssh) native=() bundle='' only='' environment=() total=3600 patience=600 slack=1 most=0 quick=0 figures=() resume='' parent='' bundle_only=''
while [[ $# -gt 0 ]]; do
    case $1 in
    --native) native=(--native) ;;
    --figures) figures=(--figures) ;;
    --quick) quick=1 ;;
    --ssh | --bundle | --bundle-only | --folder | --only | --env | --limit | --patience | --slack | --case-limit | --resume)
        [[ $# -gt 1 && -n $2 ]] || usage "$1 needs a value"
        case $1 in
        --ssh) read -r -a ssh <<<"$2" ;;
        --bundle) bundle=$2 ;;
        --bundle-only) bundle_only=$2 ;;
        --folder)
            [[ $2 == /* ]] || usage "--folder wants a whole path, not $2"
            parent=$2
            ;;
        --only)
            [[ $2 =~ ^[a-z0-9.-]+(,[a-z0-9.-]+)*$ ]] || usage "--only wants names with commas between them, not '$2'"
            only=$2
            ;;
        --env)
            [[ $2 =~ ^[A-Za-z_][A-Za-z0-9_]*= ]] || usage "--env wants NAME=VALUE, not $2"
            environment+=("$2")
            ;;
        --resume) resume=$2 ;;
        --limit)
            [[ $2 =~ ^[1-9][0-9]{0,5}s?$ ]] || usage "--limit wants minutes, or seconds with an s, not $2"
            total=$2
            [[ $total == *s ]] || total=$((total * 60))
            total=${total%s}
            ;;
        *)
            [[ $2 =~ ^[1-9][0-9]{0,5}$ ]] || usage "$1 wants a number above 0, not $2"
            case $1 in
            --patience) patience=$2 ;;
            --slack) slack=$2 ;;
            --case-limit) most=$2 ;;
            esac
            ;;
        esac
        shift
        ;;
    -*) usage "$1 is not known" ;;
    *)
        [[ -z $board ]] || usage "one board at a time"
        board=$1
        ;;
    esac
    shift
done
[[ -n $board || -n $bundle_only ]] || usage

# A line above that which shows how far it is.
terminal=no
[[ ! -t 1 ]] || terminal=yes
line() {
    [[ $terminal == no ]] || printf '\r\033[K'
    echo "$*"
}
# shellcheck source=ci/hil/link.sh
source "$root/ci/hil/link.sh"

make_bundle() { # DIR
    "$root/ci/hil/bundle.sh" "$1" ${native[@]+"${native[@]}"} ${figures[@]+"${figures[@]}"}
    echo "hil: the bundle in $1 has $(du -sh --apparent-size "$1" | cut -f 1)B, for $(sed -n 's/^machine //p' "$1/about")"
}
if [[ -n $bundle_only ]]; then
    make_bundle "$bundle_only"
    exit
fi

scratch=$(mktemp -d)
folder='' token='' chosen='' watcher=
trap 'rm -rf "$scratch"' EXIT

# What came to an end here has to end there.
# shellcheck disable=SC2317 # a trap calls it
interrupted() {
    # Whoever read this may be gone, too.
    trap '' INT TERM HUP PIPE
    set +e
    local pid
    for pid in $child $watcher; do kill "$pid" 2>/dev/null || true; done
    line "hil: interrupted"
    if [[ -n $resume || -n ${over:-} ]]; then
        echo "hil: the results are still on the board: ci/hil.sh $board --resume $folder"
    elif [[ -n $folder ]]; then
        patience=20
        echo "hil: ending the run on $board"
        if persist board_sh clean "$folder" && grep -qx clean "$scratch/answer"; then
            echo "hil: the board is as it was"
        else
            echo "hil: the board does not answer, or holds on to something ($(tr '\n' ' ' <"$scratch/answer")); its folder is $folder," \
                "and the run there ends by itself after $((total / 60)) min. Later: ci/hil.sh $board --resume $folder" >&2
        fi
    elif [[ -n $token ]]; then
        patience=20
        persist board_sh forget "$chosen" "$token" || echo "hil: there may be an empty folder $chosen/nvmm-hil.$token.* on $board" >&2
    fi
    exit 130
}
trap interrupted INT TERM HUP

# --- before the run

if [[ -z $resume ]]; then
    if [[ -z $bundle ]]; then
        bundle=$root/target/hil/bundle${native[0]+-native}
        make_bundle "$bundle"
    elif [[ -f $bundle ]]; then
        mkdir "$scratch/bundle"
        tar -C "$scratch/bundle" -xf "$bundle" || die 4 "$bundle is no tar archive"
        bundle=$scratch/bundle
    fi
    command -v python3 >/dev/null || die 4 "python3 is needed here, for the report"
    for file in about areas board.sh cases.sh facts.sh bin/nvmm-conformance plugins/libgstnvmm.so; do
        [[ -s $bundle/$file ]] || die 4 "$bundle is no bundle: it has no $file (ci/hil.sh --bundle-only DIR makes one)"
    done
    if [[ -n $only ]]; then
        mkdir -p "$scratch/list"
        ln -s "$(cd "$bundle" && pwd -P)" "$scratch/list/bundle"
        names=$(bash "$bundle/cases.sh" list "$scratch/list" | sed 's/ .*//')
        for name in ${only//,/ }; do
            grep -q -e "^${name//./\\.}\$" -e "^${name//./\\.}\\." <<<"$names" || usage "no case or group is called $name; there are: ${names//$'\n'/ }"
        done
    fi
fi

status=0
parents=(HOME /tmp)
[[ -z $parent ]] || parents=("$parent")
board_sh probe "${parents[@]}" || status=$?
if ((status)); then
    ((status != 255)) || die 4 "no connection to $board: $(grep -v '^@' "$scratch/said" | tail -n 1 | tr -d '\r'). $(remedy)"
    die 4 "$board has no bash, or something ends it: $(tail -n 1 "$scratch/said")"
fi
[[ $(head -n 1 "$scratch/answer") == begin && $(tail -n 1 "$scratch/answer") == end ]] ||
    die 4 "the shell on $board prints something of its own, which would spoil what is fetched (.bashrc?): $(head -c 200 "$scratch/answer")"
[[ -z $(answer lacks) ]] || die 4 "$board lacks $(answer lacks | tr '\n' ' ')"
echo "hil: $board is $(answer machine), $(answer release | grep . || echo 'without /etc/nv_tegra_release')"

if [[ -n $resume ]]; then
    folder=$resume
else
    machine=$(sed -n 's/^machine //p' "$bundle/about")
    [[ $machine == "$(answer machine)" ]] || die 4 "the bundle is for $machine, and $board is $(answer machine): with --native, or without?"
    # Results, logs and what pipelines write.
    needed=$(($(du -sk --apparent-size "$bundle" | cut -f 1) + 65536))
    chosen=$(answer room | awk -v needed="$needed" '$1 >= needed { sub(/^[0-9]+ /, ""); print; exit }')
    [[ -n $chosen ]] || die 4 "no room on the board: $needed KiB are needed, and there are $(answer room | sed 's/ / KiB in /' | paste -sd ',' |
        grep . || echo "no folders to write to"); --folder DIR names another one"
    token=$(date +%s)-$$
    # With its random end unknown, what is left of a lost answer is removed by the next try.
    persist board_sh prepare "$chosen" "$token" || die 4 "no folder can be made in $chosen: $(tail -n 1 "$scratch/said")"
    folder=$(answer folder)
    [[ $folder == /*/nvmm-hil.* ]] || die 4 "no folder could be made in $chosen"
fi

# --- from here on the board has something of ours

report() { # of what is here, for who does not come to the end
    [[ ! -s ${out:-}/state ]] || python3 "$root/ci/hil/report.py" "$out" || true
}

leave() { # what is said where it has to be left
    report
    line "hil: the board is out of reach. Its run and its results are in $board:$folder; the run ends by itself after $((total / 60)) min at most." >&2
    die 3 "when it is back: ci/hil.sh $board --resume $folder"
}

left_as_it_was=no
clean() {
    persist board_sh clean "$folder" || leave
    if grep -qx clean "$scratch/answer"; then
        left_as_it_was=yes
        line "hil: the board is as it was: $folder is removed, no process is left"
    else
        line "hil: the board is not as it was: $(tr '\n' ';' <"$scratch/answer")" >&2
    fi
}
abandon() { # TEXT: the run cannot begin
    clean
    die 4 "$1"
}

# shellcheck disable=SC2317 # by way of `persist`
copy() {
    remote 900 "rm -rf $(quoted "$folder/bundle"); mkdir $(quoted "$folder/bundle") && tar -C $(quoted "$folder/bundle") -xzf -" <"$scratch/bundle.tar.gz"
}

out=$root/target/hil/$(date +%Y%m%d-%H%M%S)-$(tr -c 'A-Za-z0-9.\n-' - <<<"${board#*@}")
mkdir -p "$out"
if [[ -z $resume ]]; then
    tar -C "$bundle" -czf "$scratch/bundle.tar.gz" .
    line "hil: copying $(du -h "$scratch/bundle.tar.gz" | cut -f 1)B to $board:$folder"
    status=0
    persist copy || status=$?
    ((status != 255)) || leave
    ((status == 0)) || abandon "the bundle could not be unpacked in $folder: $(tail -n 1 "$scratch/said")"
    status=0
    persist board_sh start "$folder" "$total" "$slack" "$most" "$quick" "$only" ${environment[@]+"${environment[@]}"} || status=$?
    ((status != 255)) || leave
    grep -qx started "$scratch/answer" ||
        abandon "the run could not be started: $(answer unfit | sed 's/^/the programs do not run there: /' | grep . || tr '\n' ' ' <"$scratch/answer")"
fi

# shellcheck source=ci/hil/follow.sh
source "$root/ci/hil/follow.sh"
follow || leave
[[ $over != gone ]] || {
    rmdir "$out" 2>/dev/null || true
    die 4 "there is no $folder on $board (any more)"
}
[[ $over != dead ]] || line "hil: the run on the board has ended before its last case"

status=0
fetch || status=$?
((status != 255)) || leave
((status != 2)) || {
    report
    die 3 "the results could not be kept in $out, and are still on the board: ci/hil.sh $board --resume $folder"
}
clean
python3 "$root/ci/hil/report.py" "$out" || status=1
[[ $left_as_it_was == yes ]] || status=1
exit "$status"
