//! NVMM buffers of elements that are not ours: right pixels, and few registrations.

use gst_nvmm::nvbuf::ColorFormat;
use gst_video::{VideoFormat, VideoInfo};
use nvmm_pipelines::{Forged, Peer, Picture, Pipeline, Usage, exclusive};

fn caps(format: VideoFormat, width: u32, height: u32) -> gst::Caps {
    let info = VideoInfo::builder(format, width, height).fps(gst::Fraction::new(30, 1));
    let caps = info.build().and_then(|info| info.to_caps()).expect("caps");
    gst_nvmm::with_nvmm(&caps)
}

/// `appsrc ! middle ! appsink`, with the caps at the source.
fn pipeline(middle: &str, caps: &gst::Caps) -> (Pipeline, gst_app::AppSrc, gst_app::AppSink) {
    let line = format!("appsrc name=in format=time ! {middle} ! appsink name=out sync=false");
    let pipeline = Pipeline::parse(&line).expect("a pipeline");
    let (source, sink) = (pipeline.get::<gst_app::AppSrc>("in"), pipeline.get("out"));
    source.set_caps(Some(caps));
    pipeline.set(gst::State::Playing).expect("it starts");
    (pipeline, source, sink)
}

fn push(source: &gst_app::AppSrc, mut buffer: gst::Buffer, frame: u64) {
    let length = gst::ClockTime::SECOND / 30;
    let buffer_mut = buffer.get_mut().expect("just made");
    buffer_mut.set_pts(length * frame);
    buffer_mut.set_duration(length);
    source.push_buffer(buffer).expect("it takes buffers");
}

fn next(pipeline: &Pipeline, sink: &gst_app::AppSink) -> Picture {
    let picture = pipeline.picture(sink);
    picture.expect("it runs").expect("a picture")
}

#[test]
fn pixels_come_through_the_download() {
    let _guard = exclusive();
    let usage = Usage::start();
    let formats = [
        (VideoFormat::Rgba, ColorFormat::RGBA, 4),
        (VideoFormat::Bgrx, ColorFormat::BGRX, 4),
        (VideoFormat::Gray8, ColorFormat::GRAY8, 1),
    ];
    for (format, color, bytes) in formats {
        let peer = Peer::new(2, 50, 30, color);
        let (pipeline, source, sink) =
            pipeline("nvmmtransform ! video/x-raw", &caps(format, 50, 30));
        for frame in 0..5 {
            let byte = |x: usize, y: usize| (x * 3 + y * 7 + frame as usize) as u8;
            peer.fill(frame as usize, byte);
            push(&source, peer.buffer(frame as usize), frame);
            let picture = next(&pipeline, &sink);
            let row = 50 * bytes;
            let expected: Vec<_> = (0..30 * row).map(|i| byte(i % row, i / row)).collect();
            assert_eq!(picture.data, expected, "{format} frame {frame}");
        }
    }
    usage.assert_clean();
}

/// NVIDIA's decoders say NV12_709 in the surface and NV12 in the caps.
#[test]
fn a_surface_may_say_more_of_its_colours_than_the_caps() {
    let _guard = exclusive();
    let peer = Peer::new(1, 32, 16, ColorFormat::NV12_709);
    peer.fill(0, |x, _| x as u8);
    let (pipeline, source, sink) = pipeline(
        "nvmmtransform ! video/x-raw",
        &caps(VideoFormat::Nv12, 32, 16),
    );
    push(&source, peer.buffer(0), 0);
    assert_eq!(next(&pipeline, &sink).data[..32], Vec::from_iter(0..32)[..]);
}

/// A new GstMemory around the same three surfaces for every frame, as nvarguscamerasrc and the
/// wrappers of camera makers do it.
#[test]
fn a_new_memory_per_frame_does_not_cost_a_registration_per_frame() {
    let _guard = exclusive();
    let usage = Usage::start();
    let peer = Peer::new(3, 64, 48, ColorFormat::RGBA);
    let middle = "nvmmoverlay ! nvmmtransform ! video/x-raw,format=RGBA";
    let (pipeline, source, sink) = pipeline(middle, &caps(VideoFormat::Rgba, 64, 48));
    for frame in 0..200_u64 {
        // Opaque, and of another grey each time: an old picture would show.
        let grey = frame as u8;
        let fill = |x: usize, _| if x % 4 == 3 { 255 } else { grey };
        peer.fill(frame as usize, fill);
        push(&source, peer.buffer(frame as usize), frame);
        let picture = next(&pipeline, &sink);
        assert_eq!(
            picture.pixel(5, 5),
            [grey, grey, grey, 255],
            "frame {frame}"
        );
        assert_eq!(picture.pixel(63, 47), picture.pixel(5, 5), "frame {frame}");
    }
    let registrations = usage.count("registrations");
    let distinct = usage.count("distinct_surfaces_registered");
    println!("200 frames: {registrations} registrations of {distinct} surfaces");
    // At most the output's four, and the peer's three until it is seen that they come again.
    assert!(registrations <= 4 + 3 + 4, "{registrations}");
    assert!(distinct <= 7, "{distinct}");
    drop((pipeline, source, sink));
    drop(peer);
    usage.assert_clean();
}

/// One GstMemory whose descriptor is another surface's in every frame.
#[test]
fn another_surface_in_the_same_memory_does_not_cost_a_registration_per_frame() {
    let _guard = exclusive();
    let usage = Usage::start();
    let peers: [Peer; 3] = std::array::from_fn(|_| Peer::new(1, 64, 48, ColorFormat::RGBA));
    let entries = peers.each_ref().map(|peer| Forged::new(peer).params[0]);
    let mut forged = Forged::new(&peers[0]);
    let entry = forged.params.as_mut_ptr();
    let around = forged.into_buffer();
    let middle = "nvmmoverlay ! nvmmtransform ! video/x-raw,format=RGBA";
    let (pipeline, source, sink) = pipeline(middle, &caps(VideoFormat::Rgba, 64, 48));
    for frame in 0..100_u64 {
        let which = frame as usize % 3;
        let grey = frame as u8;
        peers[which].fill(0, |x, _| if x % 4 == 3 { 255 } else { grey });
        // SAFETY: the box is in the buffer, which is kept; nobody reads it until the buffer is pushed.
        unsafe { entry.write(entries[which]) };
        let mut buffer = gst::Buffer::new();
        let memory = around.memory(0).expect("it has one");
        buffer.get_mut().expect("just made").append_memory(memory);
        push(&source, buffer, frame);
        let shown = next(&pipeline, &sink).pixel(5, 5);
        assert_eq!(shown, [grey, grey, grey, 255], "frame {frame}");
    }
    let registrations = usage.count("registrations");
    println!("100 frames: {registrations} registrations");
    // At most the output's four, and the peers' three until it is seen that they come again.
    assert!(registrations <= 4 + 3 + 3, "{registrations}");
    drop((pipeline, source, sink, around, peers));
    usage.assert_clean();
}

/// What is registered goes when the elements stop, not when the peer frees its surfaces.
#[test]
fn at_null_nothing_of_a_peers_surface_is_held() {
    let _guard = exclusive();
    let usage = Usage::start();
    let peer = Peer::new(2, 64, 48, ColorFormat::RGBA);
    let middle = "nvmmoverlay ! nvmmtransform ! video/x-raw,format=RGBA";
    let (pipeline, source, sink) = pipeline(middle, &caps(VideoFormat::Rgba, 64, 48));
    for frame in 0..20_u64 {
        push(&source, peer.buffer(frame as usize), frame);
        next(&pipeline, &sink);
    }
    assert!(nvmm_pipelines::alive()[2] > 0);
    drop((pipeline, source, sink));
    assert_eq!(nvmm_pipelines::alive(), [2, 0, 0, 0]);
    drop(peer);
    usage.assert_clean();
}

/// A peer that frees its surfaces and makes others: none of the old pictures may show.
#[test]
fn surfaces_that_were_freed_and_made_anew_show_their_own_pixels() {
    let _guard = exclusive();
    let usage = Usage::start();
    let middle = "nvmmoverlay ! nvmmtransform ! video/x-raw,format=RGBA";
    let (pipeline, source, sink) = pipeline(middle, &caps(VideoFormat::Rgba, 64, 48));
    for frame in 0..100_u64 {
        let grey = frame as u8;
        let peer = Peer::new(1, 64, 48, ColorFormat::RGBA);
        peer.fill(0, |x, _| if x % 4 == 3 { 255 } else { grey });
        push(&source, peer.buffer(0), frame);
        drop(peer);
        let picture = next(&pipeline, &sink);
        assert_eq!(
            picture.pixel(9, 9),
            [grey, grey, grey, 255],
            "frame {frame}"
        );
    }
    assert!(usage.count("surfaces_peak") < 60);
    drop((pipeline, source, sink));
    usage.assert_clean();
}
