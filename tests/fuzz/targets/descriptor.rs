//! NVMM memory of a peer: descriptors of either family and legacy blocks, changed anywhere, before they are
//! seen and in between. Whatever is taken has its planes inside of what can be read, whatever is refused
//! leaves nothing behind.

#![no_main]

use std::cell::RefCell;
use std::collections::BTreeMap;

use gst_nvmm::Session;
use gst_video::{VideoFormat, VideoInfo};
use libfuzzer_sys::fuzz_target;
use nvbuf::ColorFormat;
use nvmm_pipelines::hostile::{Made, Numbers, Places, block, forged, noise, take};
use nvmm_pipelines::{LegacyPeer, Peer, alive, is_r32};

const SIZE: (u32, u32) = (16, 16);

/// What sound buffers are made of, once per process.
struct Sound {
    session: Session,
    infos: [VideoInfo; 2],
    peers: [Peer; 2],
    legacy: Option<LegacyPeer>,
    places: Places,
    alive: [u64; 4],
}

impl Sound {
    fn new() -> Self {
        gst::init().expect("GStreamer starts");
        let (width, height) = SIZE;
        let info = |format| {
            VideoInfo::builder(format, width, height)
                .build()
                .expect("a size")
        };
        let session = Session::new().expect("CUDA");
        let peer = |format| Peer::new(1, width, height, format);
        Self {
            session,
            infos: [VideoFormat::Rgba, VideoFormat::Nv12].map(info),
            peers: [ColorFormat::RGBA, ColorFormat::NV12].map(peer),
            legacy: is_r32().then(|| LegacyPeer::new(1, width, height, ColorFormat::RGBA)),
            places: Places::new(),
            alive: alive(),
        }
    }

    fn make(&self, numbers: &mut Numbers<'_>) -> Made {
        match (numbers.below(4), &self.legacy) {
            (0, _) => noise(numbers, &self.places),
            (1, Some(peer)) => block(numbers, peer, &self.places),
            _ => {
                let peer = &self.peers[numbers.below(2)];
                forged(numbers, peer, &self.places)
            }
        }
    }
}

fuzz_target!(|bytes: &[u8]| {
    thread_local! {
        static SOUND: RefCell<Option<Sound>> = const { RefCell::new(None) };
    }
    SOUND.with_borrow_mut(|sound| {
        let sound = sound.get_or_insert_with(Sound::new);
        let numbers = &mut Numbers::Bytes(bytes);
        let mut results = BTreeMap::new();
        let made = sound.make(numbers);
        // None, two, or one memory.
        let other = match numbers.below(8) {
            0 => Some(gst::Buffer::new()),
            1 => {
                let mut both = gst::Buffer::new();
                for buffer in [&made.buffer, &sound.make(numbers).buffer] {
                    both.make_mut()
                        .append_memory(buffer.peek_memory(0).to_owned());
                }
                Some(both)
            }
            _ => None,
        };
        let buffer = other.as_ref().unwrap_or(&made.buffer);
        loop {
            take(buffer, &sound.infos, &sound.session, &mut results);
            if numbers.are_over() {
                break;
            }
            made.change(numbers, &sound.places);
        }
        drop((other, made));
        // When a session ends, nothing is kept for surfaces that may come back.
        drop(Session::new());
        assert_eq!(
            alive(),
            sound.alive,
            "surfaces, EGLImages, registrations, memory"
        );
    });
});
