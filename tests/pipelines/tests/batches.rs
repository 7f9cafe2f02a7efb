//! Buffers as DeepStream's elements make them: batches, wrapped read-only in ordinary memory.

use gst_nvmm::nvbuf::ColorFormat;
use gst_nvmm::{Form, NvmmBufferExt, NvmmFrame, NvmmFrameMut, Session};
use gst_video::{VideoFormat, VideoInfo};
use nvmm_pipelines::{Peer, Usage, exclusive};

fn info() -> VideoInfo {
    let info = VideoInfo::builder(VideoFormat::Rgba, 32, 16);
    info.build().expect("a picture")
}

fn batch(size: u32, filled: u32) -> Peer {
    let peer = Peer::batch(size, filled, 32, 16, ColorFormat::RGBA);
    for buffer in 0..size {
        peer.fill_of_batch(buffer, |x, y| ((x + y) % 50) as u8 + buffer as u8 * 50);
    }
    peer
}

#[test]
fn each_buffer_of_a_batch_is_a_frame_registered_once() {
    let _guard = exclusive();
    let usage = Usage::start();
    let (peer, session) = (batch(4, 3), Session::new().expect("a device"));
    let buffer = peer.buffer(0);
    assert_eq!(buffer.num_nvmm_pictures().expect("NVMM"), 3);
    assert_eq!(buffer.nvmm_form().expect("NVMM"), Form::Surface);
    let mut pointers = Vec::new();
    for index in [0, 1, 2, 2, 1, 0] {
        let frame = NvmmFrame::of_batch(buffer.clone(), index, &info(), session.context());
        pointers.push(frame.expect("a frame").pitch_ptr(0).expect("rows").0);
        let pixels = buffer.nvmm_pixels(index).expect("a picture");
        let map = pixels.surface().expect("a surface");
        let map = map
            .map_ptr(0, gst_nvmm::nvbuf::Access::Read)
            .expect("a map");
        // SAFETY: the first byte of a mapped plane, which nobody writes now.
        let first = unsafe { map.plane(0).expect("a plane").data.read() };
        assert_eq!(u32::from(first), index * 50);
    }
    assert_eq!(usage.count("registrations"), 3);
    assert_eq!(pointers[..3], [pointers[5], pointers[4], pointers[3]]);
    assert!(pointers[0] != pointers[1] && pointers[1] != pointers[2]);
    let beyond = NvmmFrame::of_batch(buffer.clone(), 3, &info(), session.context());
    let error = beyond.expect_err("not filled").to_string();
    assert!(error.contains("of which 3 are filled"), "{error}");
    let beyond = NvmmFrame::of_batch(buffer.clone(), 4, &info(), session.context());
    let error = beyond.expect_err("not there").to_string();
    assert!(error.contains("batch of 4"), "{error}");
    let single = NvmmFrame::new(buffer.clone(), &info(), session.context());
    let error = single.expect_err("four").to_string();
    assert!(error.contains("nvstreamdemux"), "{error}");
    drop((buffer, session, peer));
    usage.assert_clean();
}

/// DeepStream's elements repair it; R32's nvvidconv does not look.
#[test]
fn a_surface_that_says_0_of_1_filled_is_taken_for_filled() {
    let _guard = exclusive();
    let usage = Usage::start();
    let (peer, session) = (batch(1, 0), Session::new().expect("a device"));
    let buffer = peer.buffer(0);
    assert_eq!(buffer.num_nvmm_pictures().expect("NVMM"), 1);
    drop(NvmmFrame::new(buffer, &info(), session.context()).expect("a frame"));
    drop((session, peer));
    usage.assert_clean();
}

#[test]
fn a_read_only_buffer_is_read_and_not_written() {
    let _guard = exclusive();
    let usage = Usage::start();
    let (peer, session) = (batch(1, 1), Session::new().expect("a device"));
    drop(NvmmFrame::new(peer.buffer(0), &info(), session.context()).expect("a frame"));
    let error = NvmmFrameMut::new(peer.buffer(0), &info(), session.context());
    let error = error.expect_err("read-only").to_string();
    assert!(
        error.contains("read-only") && error.contains("pool"),
        "{error}"
    );
    // NVIDIA's own allocators make memory that may be written.
    let writable = peer.named(0, c"nvfilter", 0);
    let frame = NvmmFrameMut::new(writable, &info(), session.context()).expect("a frame");
    assert_eq!(frame.buffer().nvmm_form().expect("NVMM"), Form::Surface);
    drop((frame, session, peer));
    usage.assert_clean();
}

#[test]
fn what_is_no_nvmm_says_so() {
    let _guard = exclusive();
    let plain = gst::Buffer::with_size(4096).expect("memory");
    assert!(!plain.is_nvmm() && plain.nvmm_memory().is_none());
    let error = plain.nvmm_pixels(0).expect_err("ordinary").to_string();
    assert!(error.contains("NvBufSurface"), "{error}");
    assert!(!gst::Buffer::new().is_nvmm());
    let peer = batch(1, 1);
    let mut two = peer.buffer(0);
    let other = peer.buffer(0).memory(0).expect("a memory");
    two.get_mut().expect("just made").append_memory(other);
    let error = two.nvmm_form().expect_err("two memories").to_string();
    assert!(error.contains("has 2"), "{error}");
}
