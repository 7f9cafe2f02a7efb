#!/usr/bin/env bash
# The cases of ci/hil.sh, on the board. Each is a function with its limit in seconds; 0 passes, 77 is not applicable.
#
#   cases.sh list FOLDER           a name and a limit a line
#   cases.sh run NAME FOLDER       in FOLDER/work, which is removed afterwards; file descriptor 3 takes the reason
set -u
folder=$2
[[ $1 == list ]] || folder=$3
bundle=$folder/bundle results=$folder/results

list() {
    local area
    echo doctor 180
    while read -r area; do echo "conformance.$area 600"; done <"$bundle/areas"
    echo plugin 120
    echo pipeline.same 120
    echo pipeline.two 120
    echo nvvidconv.before 120
    echo nvvidconv.after 120
    echo nvvidconv.block-linear 120
    echo nvvidconv.both 120
    echo encoder.h264 180
    echo camera 120
    echo bench.demo 600
    echo bench.streams 600
    echo bench.overhead 900
}

# The reason, to the runner and into the log; what programs print has no part in it.
why() {
    local text=${*//$'\n'/ }
    printf '%s why %s\n' "$name" "${text:0:500}" >&3
    echo "$text" 2>/dev/null
}
fail() {
    why "$@"
    exit 1
}
not_applicable() {
    why "$@"
    exit 77
}

# Programs do not inherit the way to the runner.
program() { "$@" 3>&-; }

pictures=10 size='width=640,height=360' bytes=$((640 * 360 * 4))
rgba="video/x-raw,format=RGBA,$size"
nvmm='video/x-raw(memory:NVMM),format=RGBA'

need() { # ELEMENT ...
    local element
    for element in gst-launch-1.0 gst-inspect-1.0; do
        command -v "$element" >/dev/null || not_applicable "no $element here (Ubuntu: gstreamer1.0-tools)"
    done
    for element; do
        program gst-inspect-1.0 "$element" >/dev/null 2>&1 && continue
        # Ours came with the bundle.
        [[ $element != nvmm* ]] || fail "$element does not load: case plugin says why"
        not_applicable "no element $element here"
    done
}

launch() { # WORDS of a pipeline
    program gst-launch-1.0 -q -e "$@" || fail "gst-launch-1.0 ended with $?: $*"
}

# Pictures of videotestsrc as they are, of a pattern.
plain() { # FILE CAPS PATTERN
    # shellcheck disable=SC2086 # words of a pipeline
    launch videotestsrc num-buffers=$pictures pattern=$3 ! $2 ! filesink location="$1"
    [[ -s $1 ]] || fail "videotestsrc made nothing"
}

# The elements in between change no byte.
unchanged() { # CAPS WORDS ...
    local caps=$1
    shift
    plain plain.raw "$caps" smpte
    # shellcheck disable=SC2086 # words of a pipeline
    launch videotestsrc num-buffers=$pictures pattern=smpte ! $caps ! "$@" ! $caps ! filesink location=through.raw
    same plain.raw through.raw
}

same() { # FILE FILE
    local all first
    all=$(stat -c %s "$1")
    [[ $(stat -c %s "$2" 2>/dev/null) == "$all" ]] || fail "$(stat -c %s "$2" 2>/dev/null || echo no) bytes came through, and not $all"
    cmp -s "$1" "$2" && return
    first=$(cmp "$1" "$2" 2>&1)
    fail "$(cmp -l "$1" "$2" 2>/dev/null | wc -l) of $all bytes differ ($first)"
}

case_doctor() {
    local status=0
    program "$bundle/bin/nvmm-doctor" --json >"$results/doctor.json" || status=$?
    program "$bundle/bin/nvmm-doctor"
    ((status == 0)) || fail "nvmm-doctor ended with $status; its page says what to do first"
}

case_conformance() { # AREA
    program "$bundle/bin/nvmm-conformance" --area "$1" --json "$results/conformance/$1.json"
    case $? in
    # What fails in it is in the results, case by case.
    0 | 1) [[ -s $results/conformance/$1.json ]] || fail "nvmm-conformance wrote no results" ;;
    *) fail "nvmm-conformance could not be run, or write its results" ;;
    esac
}

case_plugin() {
    need
    local element
    for element in nvmmtransform nvmmoverlay; do
        program gst-inspect-1.0 "$element" || fail "$element does not load: $(program ldd "$bundle/plugins/libgstnvmm.so" 2>&1 | grep -m1 'not found')"
    done
}

case_pipeline_same() {
    need videotestsrc nvmmtransform nvmmoverlay
    unchanged "$rgba" nvmmtransform ! "$nvmm" ! nvmmoverlay ! "$nvmm" ! nvmmtransform
}

# The upper one covers the lower one.
case_pipeline_two() {
    need videotestsrc nvmmtransform nvmmoverlay
    plain plain.raw "$rgba" smpte
    # shellcheck disable=SC2086 # words of a pipeline
    launch nvmmoverlay name=o sink_1::zorder=1 ! "$nvmm" ! nvmmtransform ! $rgba ! filesink location=through.raw \
        videotestsrc num-buffers=$pictures pattern=snow ! $rgba ! nvmmtransform ! "$nvmm" ! o.sink_0 \
        videotestsrc num-buffers=$pictures pattern=smpte ! $rgba ! nvmmtransform ! "$nvmm" ! o.sink_1
    same plain.raw through.raw
}

case_nvvidconv_before() {
    need videotestsrc nvvidconv nvmmtransform
    unchanged "$rgba" nvvidconv ! "$nvmm" ! nvmmtransform
}

case_nvvidconv_after() {
    need videotestsrc nvmmtransform nvvidconv
    unchanged "$rgba" nvmmtransform ! "$nvmm" ! nvvidconv
}

# NV12 of nvvidconv is block linear.
case_nvvidconv_block_linear() {
    need videotestsrc nvvidconv nvmmtransform
    unchanged "video/x-raw,format=NV12,$size" nvvidconv ! 'video/x-raw(memory:NVMM),format=NV12' ! nvmmtransform
}

case_nvvidconv_both() {
    need videotestsrc nvvidconv nvmmoverlay
    unchanged "$rgba" nvvidconv ! "$nvmm" ! nvmmoverlay ! "$nvmm" ! nvvidconv
}

# Pictures of an H.264 byte stream: slices whose first macroblock is 0.
h264_pictures() { # FILE
    od -An -v -tu1 -w1 "$1" | awk '
        zeros == -1 { next_is_first = ($1 >= 128); if (next_is_first) count++; zeros = 0 }
        $1 == 0 { zeros++; next }
        zeros >= 2 && $1 == 1 { zeros = -2; next }
        zeros == -2 { type = $1 % 32; zeros = (type == 1 || type == 5) ? -1 : 0; next }
        { zeros = 0 }
        END { print count + 0 }'
}

case_encoder_h264() {
    need videotestsrc nvmmtransform nvv4l2h264enc
    local count caps='video/x-raw(memory:NVMM),format=NV12'
    # shellcheck disable=SC2086 # words of a pipeline
    launch videotestsrc num-buffers=30 ! video/x-raw,format=NV12,$size,framerate=30/1 ! nvmmtransform ! "$caps" ! nvv4l2h264enc \
        ! video/x-h264,stream-format=byte-stream ! filesink location=video.h264
    [[ -s video.h264 ]] || fail "the encoder made nothing"
    count=$(h264_pictures video.h264)
    [[ $count == 30 ]] || fail "30 pictures went into the encoder, and $count are in its stream"
    echo "30 pictures in $(stat -c %s video.h264) bytes"
    if ! program gst-inspect-1.0 nvv4l2decoder >/dev/null 2>&1 || ! program gst-inspect-1.0 h264parse >/dev/null 2>&1; then
        echo "not decoded: nvv4l2decoder or h264parse is not here"
        return
    fi
    # shellcheck disable=SC2086 # words of a pipeline
    launch filesrc location=video.h264 ! h264parse ! nvv4l2decoder ! nvmmtransform ! video/x-raw,format=RGBA,$size ! filesink location=decoded.raw
    [[ $(stat -c %s decoded.raw) == $((30 * bytes)) ]] || fail "30 pictures have $((30 * bytes)) bytes, and $(stat -c %s decoded.raw) were decoded"
}

case_camera() {
    need nvarguscamerasrc nvmmtransform
    compgen -G '/dev/video*' >/dev/null || not_applicable "no camera: there is no /dev/video*"
    local said
    # It may end with 0 without a camera: what came is looked at. Its words go into the log.
    # shellcheck disable=SC2086 # words of a pipeline
    said=$(program gst-launch-1.0 -e nvarguscamerasrc num-buffers=30 ! 'video/x-raw(memory:NVMM),format=NV12' ! nvmmtransform \
        ! video/x-raw,format=RGBA,$size ! filesink location=camera.raw 2>&1)
    local status=$?
    echo "$said"
    if [[ ! -s camera.raw ]] && grep -qiE 'no cameras? available|invalid camera device|cannot find camera' <(echo "$said"); then
        not_applicable "argus finds no camera"
    fi
    [[ -s camera.raw ]] || fail "no picture came from the camera"
    (($(stat -c %s camera.raw) == 30 * bytes)) || fail "$(($(stat -c %s camera.raw) / bytes)) of 30 pictures came from the camera"
    ((status == 0)) || fail "30 pictures came from the camera, and gst-launch-1.0 ended with $status"
}

# As many frames as say something, or few for a try.
bench() { # FULL-ARGUMENTS -- QUICK-ARGUMENTS, program first
    local full=() tool=$1
    shift
    while [[ $1 != -- ]]; do
        full+=("$1")
        shift
    done
    shift
    [[ ${NVMM_HIL_QUICK:-0} == 1 ]] || set -- ${full[@]+"${full[@]}"}
    program "$bundle/bin/$tool" "$@" || fail "$tool ended with $?; the log says which limit"
}

case_bench_demo() { bench nvmm-bench -- --frames 12 --size 320x180; }
case_bench_streams() { bench nvmm-bench --streams -- --streams --frames 30 --size 320x180; }
case_bench_overhead() { bench nvmm-overhead -- --turns 1 --frames 50 --slack 1000; }

if [[ $1 == list ]]; then
    list
    exit
fi
name=$2
# The runner looks at once, and not only when its second is over.
trap 'echo "$name over" >&3' EXIT
cd "$folder/work" || fail "there is no folder to work in"
case $name in
conformance.*) case_conformance "${name#*.}" ;;
*)
    function=${name//[.-]/_}
    "case_$function"
    ;;
esac
