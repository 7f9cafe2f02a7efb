//! The legacy form of R32: what it costs, and what is refused.

use gst_nvmm::nvbuf::ColorFormat;
use gst_nvmm::nvbuf::legacy::{NvBuffer, Payload};
use gst_nvmm::nvbuf::sys::Library;
use gst_nvmm::{Form, NvmmBufferExt, NvmmFrame, NvmmFrameMut, Session};
use gst_video::{VideoFormat, VideoInfo};
use nvmm_pipelines::{LegacyPeer, Pipeline, Usage, child, exclusive, is_child, is_r32, wrap};

fn info() -> VideoInfo {
    let info = VideoInfo::builder(VideoFormat::Rgba, 64, 48).fps(gst::Fraction::new(30, 1));
    info.build().expect("a picture")
}

fn peer(count: usize) -> LegacyPeer {
    LegacyPeer::new(count, 64, 48, ColorFormat::RGBA)
}

/// Pushes buffers through an overlay; what became of it.
fn push(
    buffers: impl Iterator<Item = gst::Buffer>,
    mut each: impl FnMut(u64),
) -> Result<(), String> {
    let line = "appsrc name=in format=time max-bytes=4000 block=true ! nvmmoverlay ! fakesink";
    let pipeline = Pipeline::parse(line)?;
    let source = pipeline.get::<gst_app::AppSrc>("in");
    let caps = info().to_caps().expect("caps");
    source.set_caps(Some(&gst_nvmm::with_nvmm(&caps)));
    pipeline.set(gst::State::Playing)?;
    let length = gst::ClockTime::SECOND / 30;
    for (frame, mut buffer) in (0..).zip(buffers) {
        let timed = buffer.get_mut().expect("just made");
        timed.set_pts(length * frame);
        timed.set_duration(length);
        if source.push_buffer(buffer).is_err() {
            break;
        }
        each(frame);
    }
    let _ = source.end_of_stream();
    pipeline.wait()
}

fn open_fds() -> usize {
    std::fs::read_dir("/proc/self/fd").expect("Linux").count()
}

/// The pools of R32's elements: the same few GstBuffers again and again.
#[test]
fn the_same_memories_again_cost_one_extraction_and_one_registration_each() {
    let _guard = exclusive();
    let usage = Usage::start();
    if !is_r32() {
        return;
    }
    let (peer, session) = (peer(4), Session::new().expect("a device"));
    let buffers: Vec<_> = (0..4).map(|i| peer.buffer(i)).collect();
    let frame = |i: usize| {
        let frame = NvmmFrame::new(buffers[i % 4].clone(), &info(), session.context());
        let frame = frame.expect("a frame");
        assert_eq!((frame.width(), frame.height()), (64, 48));
        assert!(frame.pitch_ptr(0).is_ok());
    };
    (0..8).for_each(frame);
    let fds = open_fds();
    (8..2000).for_each(frame);
    assert_eq!(open_fds(), fds);
    assert_eq!(usage.calls("ExtractFdFromNvBuffer"), 4);
    assert_eq!(usage.count("registrations"), 4);
    assert_eq!(usage.count("egl_maps"), 4);
    assert_eq!(usage.calls("NvReleaseFd"), 0);
    drop((buffers, session, peer));
    usage.assert_clean();
}

/// What the library notes in a block does not make another buffer of it.
#[test]
fn a_block_that_changes_and_stays_of_one_buffer_is_registered_once() {
    let _guard = exclusive();
    let usage = Usage::start();
    if !is_r32() {
        return;
    }
    let (peer, session) = (peer(1), Session::new().expect("a device"));
    let (size, block) = (peer.nv_buffer(0).raw_size(), peer.nv_buffer(0).as_ptr());
    // SAFETY: the block of the buffer, which lives.
    let bytes = unsafe { std::slice::from_raw_parts(block.cast::<u8>(), size) };
    let mut buffer = gst::Buffer::from_mut_slice(bytes.to_vec());
    for note in 0..5 {
        // Far behind what the simulator keeps there.
        let outer = buffer.get_mut().expect("alone");
        outer.map_writable().expect("a map")[size - 8] = note;
        let frame = NvmmFrame::new(buffer.clone(), &info(), session.context());
        drop(frame.expect("a frame"));
        // And by another way, which is the same one.
        drop(buffer.nvmm_pixels(0).expect("a picture"));
    }
    assert_eq!(usage.calls("ExtractFdFromNvBuffer"), 5);
    assert_eq!(usage.count("registrations"), 1);
    drop((buffer, session, peer));
    usage.assert_clean();
}

/// A new GstMemory around the same three buffers for every frame.
#[test]
fn new_memories_around_old_buffers_leak_no_fd_and_are_not_registered_again() {
    let _guard = exclusive();
    let usage = Usage::start();
    if !is_r32() {
        return;
    }
    let peer = peer(3);
    let mut fds = (0, 0);
    let buffers = (0..2000).map(|frame| peer.buffer(frame));
    push(buffers, |frame| match frame {
        100 => fds.0 = open_fds(),
        1999 => fds.1 = open_fds(),
        _ => {}
    })
    .expect("it runs");
    // Of the output's pool one may come late, as an fd of its own.
    assert!(fds.1 <= fds.0 + 3, "{fds:?}");
    let registrations = usage.count("registrations");
    assert!(registrations <= 4 + 3 + 4, "{registrations}");
    drop(peer);
    usage.assert_clean();
}

/// Both forms of one pool's surfaces, mapped by who looks: the surface behind them is the same.
#[test]
fn what_is_behind_is_told_without_a_frame() {
    let _guard = exclusive();
    let usage = Usage::start();
    if !is_r32() {
        return;
    }
    let peer = peer(1);
    let buffer = peer.buffer(0);
    assert!(buffer.is_nvmm() && buffer.nvmm_memory().is_none());
    assert_eq!(buffer.nvmm_form().expect("NVMM"), Form::Legacy);
    assert_eq!(buffer.num_nvmm_pictures().expect("NVMM"), 1);
    let pixels = buffer.nvmm_pixels(0).expect("a picture");
    assert!(pixels.surface().is_none());
    let params = *pixels.nv_buffer().expect("a buffer").params();
    assert_eq!(params.fd_number(), peer.nv_buffer(0).params().fd_number());
    assert_eq!(pixels.color_format().expect("a format"), ColorFormat::RGBA);
    assert_eq!(pixels.planes().expect("planes"), params.planes());
    drop(pixels);
    let error = buffer.nvmm_pixels(1).expect_err("it is one");
    assert!(error.to_string().contains("which is one"), "{error}");
    // It may be written where nobody else has it.
    let session = Session::new().expect("a device");
    let shared = NvmmFrameMut::new(buffer.clone(), &info(), session.context());
    assert!(shared.expect_err("two").to_string().contains("shared"));
    let frame = NvmmFrameMut::new(buffer, &info(), session.context()).expect("alone");
    drop(frame.into_buffer());
    drop((session, peer));
    usage.assert_clean();
}

#[test]
fn a_buffer_without_a_picture_is_refused() {
    let _guard = exclusive();
    let usage = Usage::start();
    if !is_r32() {
        return;
    }
    let bytes = NvBuffer::memory_builder(64 * 48 * 4)
        .build()
        .expect("bytes");
    assert_eq!(bytes.params().payload(), Payload::MEM_HANDLE);
    // Of raw memory there is a block only if the library gives one.
    if bytes.as_ptr().is_null() {
        return;
    }
    let size = bytes.raw_size();
    let block = bytes.as_ptr().cast::<u64>();
    // SAFETY: the block of `bytes`, which lives.
    let words = unsafe { std::slice::from_raw_parts(block, size / 8) }.to_vec();
    let error = push(std::iter::once(wrap(words, size)), |_| {}).expect_err("no picture");
    assert!(
        error.contains("payload") && error.contains("nvvidconv"),
        "{error}"
    );
    drop(bytes);
    usage.assert_clean();
}

/// Not strict: the library itself is asked whether a block is one, and the simulator notes that.
#[test]
fn blocks_that_are_none_are_refused_with_what_is_wrong() {
    let name = "blocks_that_are_none_are_refused_with_what_is_wrong";
    if !is_child() {
        child(name, &[("NVMM_SIM_STRICT", "0")]);
        return;
    }
    let _guard = exclusive();
    Library::get().expect("a library");
    if !is_r32() {
        return;
    }
    let size = NvBuffer::memory_size().expect("R32");
    let refused = |what: &str, words: &[&str], buffer: gst::Buffer| {
        let error = push(std::iter::once(buffer), |_| {}).expect_err(what);
        println!("{what}: {}", error.lines().next().unwrap_or_default());
        for word in words {
            assert!(error.contains(word), "{what}: no \"{word}\" in: {error}");
        }
    };
    let garbage = vec![0x5a5a_1234_8000_0001_u64; size];
    refused(
        "garbage",
        &["ExtractFdFromNvBuffer"],
        wrap(garbage.clone(), size),
    );
    refused(
        "zeros",
        &["there is no buffer"],
        wrap(vec![0; size / 8], size),
    );
    refused(
        "0xff",
        &["ExtractFdFromNvBuffer"],
        wrap(vec![u64::MAX; size / 8], size),
    );
    let peer = peer(1);
    refused("short", &["NvBufSurface"], peer.sized(0, c"nvfilter", 100));
    refused(
        "one byte short",
        &["NvBufSurface"],
        peer.sized(0, c"nvfilter", size - 1),
    );
    refused(
        "an unknown name of an unknown size",
        &["NvBufSurface"],
        peer.sized(0, c"something", size + 8),
    );
    refused(
        "garbage, larger",
        &["NvBufSurface"],
        wrap(garbage, size * 2),
    );
    let other = LegacyPeer::new(1, 32, 48, ColorFormat::RGBA);
    refused(
        "another size",
        &["caps say 64x48", "32x48"],
        other.buffer(0),
    );
    // The block of a buffer that is gone: a copy, since its memory is gone as well.
    let block = peer.nv_buffer(0).as_ptr().cast::<u64>();
    // SAFETY: the block of the buffer, which lives.
    let words = unsafe { std::slice::from_raw_parts(block, size / 8) }.to_vec();
    drop(peer);
    refused("freed", &["ExtractFdFromNvBuffer"], wrap(words, size));
    // And the good case, in the same process.
    let peer = self::peer(2);
    push((0..5).map(|frame| peer.buffer(frame)), |_| {}).expect("it still works");
}
