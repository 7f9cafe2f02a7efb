# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034,SC2016 # shared with rehearse.sh; $1 is the hooks' own
# The board of ci/hil/rehearse.sh: an sshd on 127.0.0.1 with keys, settings and a user's folder of its own, and the simulator behind it.
# Sourced; needs `root` and `native` (yes or no).
#
# Mounts are in a namespace that ends with this script. A login gets what a board has without asking: libraries where they are found, the
# release, programs in PATH. By default it is in an arm64 userland of its own, else (native) in this machine's.
here=$root/target/hil/rehearsal
port='' keeper='' listener=''
# What the programs find on the board, and the folders as the board names them.
userland=$root/target/hil/board

as_root() {
    if [[ $(id -u) == 0 ]]; then "$@"; else sudo "$@"; fi
}

# The oldest arm64 userland, with what a board's base system has.
arm64_userland() {
    local suite
    "$root/ci/aarch64.sh" setup >/dev/null
    suite=$(<"$root/target/aarch64/suite")
    if [[ ! -e $userland/usr/bin/awk ]]; then
        as_root rm -rf "$userland"
        as_root mmdebstrap --quiet --variant=extract --architectures=arm64 --setup-hook='sed -i /security/d "$1"/etc/apt/sources.list' \
            --include=bash,dash,coreutils,tar,gzip,util-linux,procps,grep,sed,mawk,findutils,hostname,diffutils,libc-bin \
            --include=gstreamer1.0-tools,gstreamer1.0-plugins-base,gstreamer1.0-plugins-good "$suite" "$userland"
        as_root ln -sf dash "$userland/bin/sh"
        as_root ln -sf mawk "$userland/usr/bin/awk"
    fi
}

# A program that the cases start, and what can be wrong with a case: the file `trouble` has its name and what happens to it.
troubled() { # REAL TROUBLE
    cat <<END
#!/bin/bash
if read -r name trouble 2>/dev/null <"$2" && [[ \${NVMM_HIL_CASE##*/} == "\$name" ]]; then
    case \$trouble in
    # With a child that leaves the process group, one that leaves the session, and no ear for TERM.
    hang)
        trap '' TERM
        (set -m; sleep 301 &)
        setsid sleep 302 &
        while true; do sleep 303; done
        ;;
    slow) sleep 5 ;;
    fill) cat /dev/zero >fill ;;
    print) yes "a library that prints without end" ;;
    crash) kill -SEGV \$\$ ;;
    esac
fi
exec $1 "\$@"
END
}

# The same for `standins NAME`: NVIDIA's elements, with ours and software in their place. They show that the cases' pipelines are written
# correctly, and say nothing of the real ones.
stand_in() { # REAL TROUBLE
    cat <<END
#!/bin/bash
read -r name _ 2>/dev/null <"$2"
arguments=()
for argument; do
    [[ \$name == standins ]] || break
    case \${0##*/}:\$argument in
    gst-inspect-1.0:nvvidconv | gst-inspect-1.0:nvarguscamerasrc | gst-inspect-1.0:nvv4l2*) argument=nvmmtransform ;;
    *:nvvidconv) argument=nvmmtransform ;;
    *:nvv4l2h264enc) arguments+=(nvmmtransform ! video/x-raw ! videoconvert !) argument=x264enc ;;
    *:nvv4l2decoder) arguments+=(avdec_h264 !) argument=videoconvert ;;
    esac
    arguments+=("\$argument")
done
[[ \$name == standins ]] || arguments=("\$@")
exec $1 "\${arguments[@]}"
END
}

# What a login shell would say on such a board.
login() { # HOME PATH LIBRARIES EXTRA
    cat <<END
#!/bin/sh
exec $4 env -i HOME=$1 PATH=$2:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 NVBUF_RELEASE=R32.7.6 NVMM_SIM_RELEASE=r32.7 \\
    NVBUF_LIBRARY_PATH=$3/lib LD_LIBRARY_PATH=$3/egl:$3/lib NVMM_SIM_KERNELS=$3/lib/libnvmm_sim_twins.so \\
    bash -c "cd; \$SSH_ORIGINAL_COMMAND"
END
}

make_board() {
    local tree=$root sim where=$here extra='' real
    if [[ $native == no ]]; then
        arm64_userland
        tree=$root/target/aarch64/tree where='' extra="chroot $userland"
        (cd "$root" && ci/aarch64.sh sh ci/sim.sh --build) >/dev/null
        as_root rm -rf "$userland"/{opt/sim,home,small,tiny}
        files=$userland
    else
        NVMM_SIM=1 NVMM_SIM_RELEASE=r32.7 "$root/ci/sim.sh" --build
        files=$here
    fi
    sim=$tree/target/sim/r32.7
    as_root rm -rf "$here"
    mkdir -p "$here"
    as_root mkdir -p "$files"/{opt/sim,home/bin,small,tiny,proc,dev,tmp}
    as_root chown -R "$(id -u)" "$files/home" "$files/opt/sim"
    cp -a "$sim/lib" "$sim/egl" "$files/opt/sim/"
    board_home=$where/home small=$where/small tiny=$where/tiny trouble=$files/trouble
    as_root touch "$trouble"
    as_root chown "$(id -u)" "$trouble"
    real=/usr/bin
    [[ $native == no ]] || real=$(dirname "$(command -v gst-launch-1.0)")
    mkdir "$files/home/real"
    stand_in "$real/gst-launch-1.0" "$where/trouble" >"$files/home/real/gst-launch-1.0"
    troubled "$where/home/real/gst-launch-1.0" "$where/trouble" >"$files/home/bin/gst-launch-1.0"
    stand_in "$real/gst-inspect-1.0" "$where/trouble" >"$files/home/bin/gst-inspect-1.0"
    # A program of a board that is here, the others are not.
    printf '#!/bin/sh\nwhile sleep 0.2; do echo "RAM 1/2MB CPU [0%%@345]"; done\n' >"$files/home/bin/tegrastats"
    chmod +x "$files"/home/{bin,real}/*
    login "$where/home" "$where/home/bin" "$where/opt/sim" "$extra" >"$here/login"
    chmod +x "$here/login"
}

make_keys() {
    local name
    for name in host user other; do ssh-keygen -q -t ed25519 -N '' -f "$here/$name" -C "nvmm rehearsal"; done
    cp "$here/user.pub" "$here/authorized"
    port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    echo "[127.0.0.1]:$port $(cat "$here/host.pub")" >"$here/known"
    cat >"$here/sshd_config" <<END
ListenAddress 127.0.0.1
Port $port
HostKey $here/host
AuthorizedKeysFile $here/authorized
PidFile $here/sshd.pid
ForceCommand $here/login
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
StrictModes no
MaxStartups 100
END
}

# A shell that holds the mounts.
hold() {
    local binds=true
    [[ $native == yes ]] || binds="mount --bind /proc $userland/proc && mount --rbind /dev $userland/dev"
    # One has room for the bundle and what it wants beside, one has not.
    as_root unshare --mount --propagation private sh -c "$binds && mount -t tmpfs -o size=100m,mode=1777 none $files/small &&
        mount -t tmpfs -o size=8m,mode=1777 none $files/tiny && echo \$\$ >$here/held && exec sleep 7200" 2>"$here/mounts.log" &
    disown
    for _ in {1..50}; do
        if [[ -s $here/held ]]; then
            keeper=$(<"$here/held")
            return
        fi
        sleep 0.1
    done
    echo "rehearse: no namespace with mounts: $(tail -n 2 "$here/mounts.log")" >&2
    return 1
}

in_board() { as_root nsenter -t "$keeper" -m "$@"; }

listen() {
    # A root is needed for another root. Otherwise the server is the user's own, and asks neither PAM nor shadow.
    local as=(setpriv --reuid "$(id -u)" --regid "$(id -g)" --init-groups)
    [[ $native == yes ]] || as=()
    as_root mkdir -p /run/sshd
    as_root rm -f "$here/sshd.pid"
    in_board ${as[@]+"${as[@]}"} /usr/sbin/sshd -D -E "$here/sshd.log" -f "$here/sshd_config" 2>"$here/start.log" &
    disown
    for _ in {1..50}; do
        if [[ -s $here/sshd.pid ]]; then
            listener=$(<"$here/sshd.pid")
            return
        fi
        sleep 0.1
    done
    echo "rehearse: sshd does not start: $(cat "$here/start.log" "$here/sshd.log" 2>/dev/null | tail -n 3)" >&2
    return 1
}

children() { # PID: and theirs, of sshd
    local pid
    for pid in $(pgrep -P "$1" sshd); do
        children "$pid"
        echo "$pid"
    done
}

# No new connections, and the ones that there are end.
cut_off() {
    local sessions
    [[ -n $listener ]] || return 0
    sessions=$(children "$listener")
    as_root kill -KILL "$listener" || true
    # shellcheck disable=SC2086 # numbers
    [[ -z $sessions ]] || as_root kill -KILL $sessions 2>/dev/null || true
    listener=
}

# The connections are there, and nothing comes through.
freeze() {
    # shellcheck disable=SC2046 # numbers
    as_root kill -STOP $(children "$listener")
}

end_board() {
    cut_off
    [[ -z $keeper ]] || as_root kill -KILL "$keeper" 2>/dev/null || true
    keeper=
}

# The runner of the board: of the run, and of no case.
runners() {
    local file
    for file in $(as_root grep -lszE "^NVMM_HIL_RUN=$board_home/" /proc/[0-9]*/environ); do
        as_root grep -qsz '^NVMM_HIL_CASE=' "$file" || basename "${file%/environ}"
    done
}

# Whose environment says that a run of this board started them.
processes_left() {
    as_root grep -lszE "^NVMM_HIL_RUN=($board_home|$small)/" /proc/[0-9]*/environ || true
}
