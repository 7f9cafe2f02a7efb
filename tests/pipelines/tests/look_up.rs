//! From a buffer that is known to its frame: no heap, no call of the platform.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use gst::prelude::*;
use gst_nvmm::nvbuf::ColorFormat;
use gst_nvmm::{NvmmBufferPool, NvmmFrame, Session, with_nvmm};
use gst_video::{VideoFormat, VideoInfo};
use nvmm_pipelines::{LegacyPeer, Peer, Usage, exclusive, is_r32};

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

struct Counting;

// SAFETY: the system's allocator, and a number on the side.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.with(|count| count.set(count.get() + 1));
        // SAFETY: by this function's contract.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: by this function's contract.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

#[test]
fn a_frame_of_a_known_buffer_allocates_nothing_and_asks_nobody() {
    let _guard = exclusive();
    let usage = Usage::start();
    let session = Session::new().expect("a device");
    let info = VideoInfo::builder(VideoFormat::Rgba, 64, 48).fps(gst::Fraction::new(30, 1));
    let info = info.build().expect("a picture");
    let caps = with_nvmm(&info.to_caps().expect("caps"));
    let pool = NvmmBufferPool::new(&caps, 0, 2).expect("a pool");
    pool.set_active(true).expect("it starts");
    let ours = pool.acquire_buffer(None).expect("a buffer");
    let peer = Peer::new(1, 64, 48, ColorFormat::RGBA);
    let mut all = vec![("ours", ours), ("a surface", peer.buffer(0))];
    let legacy = is_r32().then(|| LegacyPeer::new(2, 64, 48, ColorFormat::RGBA));
    if let Some(legacy) = &legacy {
        all.push(("legacy", legacy.buffer(0)));
        // Larger than the block.
        all.push(("Yocto's", legacy.sized(1, c"nvfilter", 4096)));
    }
    for (what, buffer) in all {
        let frame = || {
            let frame = NvmmFrame::new(buffer.clone(), &info, session.context());
            drop(frame.expect("a frame"));
        };
        frame();
        let names = [
            "ExtractFdFromNvBuffer",
            "NvBufferGetParams",
            "NvBufSurfaceFromFd",
        ];
        let calls = || {
            let legacy = if is_r32() { &names[..] } else { &names[2..] };
            legacy.iter().map(|name| usage.calls(name)).sum::<u64>() + usage.count("registrations")
        };
        let called = calls();
        let before = ALLOCATIONS.with(Cell::get);
        (0..1000).for_each(|_| frame());
        let allocations = ALLOCATIONS.with(Cell::get) - before;
        assert_eq!(allocations, 0, "{what}");
        assert_eq!(calls(), called, "{what}");
    }
    pool.set_active(false).expect("it stops");
    drop((pool, session, peer, legacy));
    usage.assert_clean();
}
