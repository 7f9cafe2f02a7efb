#!/usr/bin/env bash
# Two small H.264 videos, through a decoder and NVMM. H.264 says of every bit what a decoder makes of it, so that what
# comes out may not differ between decoders.
#
#   ci/h264.sh --files DIR                  make the videos (x264enc): 60 frames of 640x360 and of 320x240
#   ci/h264.sh --decode DECODER DIR OUT     the first one's frames, NV12, as the decoder makes them
#   ci/h264.sh --overlay DECODER DIR OUT    both decoded, uploaded, laid over each other in NVMM, downloaded as RGBA
#
# DECODER is an element: openh264dec, avdec_h264, nvh264dec (NVDEC). Overlaying wants the platform: run it by ci/sim.sh.
# Exit status 1 if not every frame comes out.
set -euo pipefail

frames=60
# Beside this script where there is no GStreamer (ci/gpu.sh --prebuilt).
launch=$(dirname "${BASH_SOURCE[0]}")/gst-launch-1.0
[[ -x $launch ]] || launch=gst-launch-1.0

decoded() { # DECODER FILE: NV12, whichever 4:2:0 format the decoder has
    echo "filesrc location=$2 ! h264parse ! $1 ! videoconvert ! video/x-raw,format=NV12"
}

# That a file has all frames of so many bytes.
is_complete() { # FILE BYTES
    local size
    size=$(stat -c %s "$1")
    [[ $size == $((frames * $2)) ]] && return
    echo "h264: $1 has $size bytes, not $frames frames of $2" >&2
    return 1
}

case "$#:${1:-}" in
2:--files)
    mkdir -p "$2"
    for size in 640x360 320x240; do
        "$launch" -q videotestsrc num-buffers=$frames pattern=ball animation-mode=frames \
            ! "video/x-raw,format=I420,width=${size%x*},height=${size#*x},framerate=30/1" \
            ! x264enc bframes=0 key-int-max=30 bitrate=600 ! video/x-h264,profile=main,stream-format=byte-stream \
            ! filesink location="$2/$size.h264"
    done
    ;;
4:--decode)
    # shellcheck disable=SC2046 # a pipeline is words
    "$launch" -q $(decoded "$2" "$3/640x360.h264") ! filesink location="$4"
    is_complete "$4" $((640 * 360 * 3 / 2))
    ;;
4:--overlay)
    upload="videoconvert ! nvmmtransform ! video/x-raw(memory:NVMM),format=RGBA"
    # shellcheck disable=SC2046,SC2086 # as above
    "$launch" -q nvmmoverlay name=mix sink_1::xpos=200 sink_1::ypos=60 sink_1::alpha=0.7 \
        ! nvmmtransform ! video/x-raw,format=RGBA ! filesink location="$4" \
        $(decoded "$2" "$3/640x360.h264") ! $upload ! queue ! mix.sink_0 \
        $(decoded "$2" "$3/320x240.h264") ! $upload ! queue ! mix.sink_1
    is_complete "$4" $((640 * 360 * 4))
    ;;
*)
    sed -n '2,11s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
    exit 2
    ;;
esac
