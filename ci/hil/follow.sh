# shellcheck shell=bash
# shellcheck disable=SC2154 # ci/hil.sh sets them
# How ci/hil.sh follows a run and brings back its results. Sourced, after link.sh; needs `folder` and `out` too.

# How the run ended: done, dead (the runner is gone) or gone (its folder is).
over=
# Lines of the board's state that are here, and what they say.
seen=0 cases=0 ended=0 current='' since=0

show() {
    [[ $terminal == yes && -n $current ]] || return 0
    printf '\r\033[K[%d/%d] %s, %d s' "$ended" "$cases" "$current" $((SECONDS - since))
}

take() { # a line of the state
    local words
    IFS=$'\t' read -r -a words <<<"$1"
    seen=$((seen + 1))
    echo "$1" >>"$out/state"
    case ${words[0]} in
    run) cases=${words[3]} ;;
    start) current=${words[1]} since=$SECONDS ;;
    end)
        ended=$((ended + 1)) current=
        if [[ $terminal == no || ${words[2]} == failed || ${words[2]} == hung ]]; then
            [[ ${words[4]} != . ]] || words[4]=
            line "$(printf '[%d/%d] %-15s %s, %d ms%s' "$ended" "$cases" "${words[2]}" "${words[1]}" "${words[3]}" "${words[4]:+: ${words[4]}}")"
        fi
        ;;
    left) line "left on the board after ${words[1]}: ${words[2]}" ;;
    "done") over="done" ;;
    esac
}

# One connection, for as long as it lasts.
follow_once() {
    local input text='' piece status silent=0 was_silent=yes
    exec {input}< <(exec "${ssh[@]}" "${keep_alive[@]}" "$board" "bash -s -- $(quoted watch "$folder" "$seen")" \
        <"$root/ci/hil/board.sh" 2>"$scratch/said")
    watcher=$!
    # It says something every four seconds.
    while ((silent < 30)) && [[ -z $over ]]; do
        status=0
        IFS= read -r -t 1 -u "$input" piece || status=$?
        text+=$piece
        if ((status > 128)); then
            silent=$((silent + 1))
            show
            continue
        fi
        ((status == 0)) || break
        silent=0
        if [[ $was_silent == yes && $lost == yes ]]; then line "hil: connected to $board again"; fi
        was_silent=no lost=no
        case $text in
        "line"$'\t'*) take "${text#*$'\t'}" ;;
        dead | gone) over=$text ;;
        esac
        text=
        show
    done
    kill "$watcher" 2>/dev/null || true
    watcher=
    exec {input}<&-
    [[ -z $over ]] || return 0
    # Patience begins anew with every connection that was one.
    if [[ $was_silent == no ]]; then return 1; fi
    return 255
}

lost=no
follow() {
    local status
    while true; do
        status=0
        persist follow_once || status=$?
        case $status in
        0) return 0 ;;
        1)
            lost=yes
            line "hil: the connection to $board broke; the run goes on there"
            pause 1
            ;;
        *) return 1 ;;
        esac
    done
}

# Results into `out`. With the board's disk full there may be few of them: what was followed is there in any case.
fetch() {
    local status=0
    persist remote 900 "cd $(quoted "$folder") && tar -czf - results bundle/about bundle/expected bundle/figures" </dev/null || status=$?
    ((status != 255)) || return 255
    mv "$scratch/answer" "$scratch/results.tar.gz"
    : >"$scratch/answer"
    cp "$out/state" "$scratch/state" 2>/dev/null || : >"$scratch/state"
    if ! tar -C "$out" --transform 's,^results/,,' -xzf "$scratch/results.tar.gz" 2>"$scratch/tar"; then
        # All was sent, and could not be kept here.
        ((status)) && status=1 || status=2
    elif ((status)); then
        status=1
    fi
    ((status == 0)) || line "hil: not all of the results came: $(cat "$scratch/said" "$scratch/tar" 2>/dev/null | tail -n 1)" >&2
    # The board's has its padding, and may be cut.
    mv "$scratch/state" "$out/state"
    chmod -R u+rwX "$out"
    return "$status"
}
