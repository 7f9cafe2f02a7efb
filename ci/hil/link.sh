# shellcheck shell=bash
# shellcheck disable=SC2154 # ci/hil.sh sets them
# The connection of ci/hil.sh: calls that end when it breaks, tries again, and says what to do.
#
# Sourced. Needs `board`, `ssh` (an array), `patience` (seconds), `scratch` (a folder) and `root`; the answer of a call is in
# $scratch/answer, what ssh said in $scratch/said. The status is 255 when there was no connection.

# Options of the caller's come first, and the first one counts.
keep_alive=(-o BatchMode=yes -o ConnectTimeout=10 -o ServerAliveInterval=5 -o ServerAliveCountMax=3)
child=

# A command on the board. In the background, so that a trap of this shell need not wait for its end.
remote() { # SECONDS COMMAND
    local status=0
    timeout "$1" "${ssh[@]}" "${keep_alive[@]}" "$board" "$2" <&0 >"$scratch/answer" 2>"$scratch/said" &
    child=$!
    wait "$child" || status=$?
    child=
    # One that does not answer is as good as none.
    [[ $status != 124 ]] || status=255
    return "$status"
}

quoted() { printf '%q ' "$@"; }

# board.sh of this side, so that it works whatever became of the board's copy.
board_sh() { # COMMAND [ARGUMENT ...]
    remote 120 "bash -s -- $(quoted "$@")" <"$root/ci/hil/board.sh"
}

answer() { # WORD: the rest of the lines that begin with it
    sed -n "s/^$1 //p" "$scratch/answer"
}

pause() { # SECONDS, which a trap may shorten
    sleep "$1" &
    child=$!
    wait "$child" || true
    child=
}

# Until there is a connection, or patience is over.
persist() { # COMMAND [ARGUMENT ...]
    local begin=$SECONDS wait=1 status
    while true; do
        status=0
        "$@" || status=$?
        ((status == 255)) || return "$status"
        ((SECONDS - begin + wait <= patience)) || return 255
        line "hil: no connection to $board ($(tail -n 1 "$scratch/said" | tr -d '\r')); trying again in $wait s, for $((patience - SECONDS + begin)) s at most"
        pause "$wait"
        wait=$((wait < 20 ? wait * 2 : 30))
    done
}

# What to do about the first connection that failed.
remedy() {
    case $(<"$scratch/said") in
    *'HOST IDENTIFICATION HAS CHANGED'*)
        echo "the board's host key is another than the known one: reflashed? Then ssh-keygen -R ${board#*@}, and connect once by hand" ;;
    *'Host key verification failed'*)
        echo "its host key is not known here: connect once by hand (${ssh[*]} $board) and compare the fingerprint" ;;
    *'Permission denied'*)
        echo "it takes no key of yours: ssh-copy-id $board, or name a key: --ssh 'ssh -i KEY'" ;;
    *'resolve hostname'*)
        echo "no host has this name: is it spelled right? Try the board's address" ;;
    *'Connection refused'*)
        echo "no ssh server listens there: is it the right port (--ssh 'ssh -p PORT'), and does sshd run on the board?" ;;
    *'timed out'* | *'No route to host'* | *'unreachable'*)
        echo "nothing answers at this address: is the board on, and in this network?" ;;
    *) echo "try by hand: ${ssh[*]} $board true" ;;
    esac
}
