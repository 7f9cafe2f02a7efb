//! Memory whose content is made up at random: an error or a valid frame, never a crash.
//!
//! The seed is printed and may be given (`NVMM_HOSTILE_SEED`), as may the seconds (`NVMM_HOSTILE_SECONDS`). A
//! crash ends the process: the seed on the last line before it repeats it.

use std::collections::BTreeMap;
use std::ffi::c_void;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use gst_nvmm::nvbuf::ColorFormat;
use gst_nvmm::{NvmmBufferExt, NvmmFrame, NvmmFrameMut, Session, read_cpu};
use gst_video::{VideoFormat, VideoInfo};
use nvmm_pipelines::{Forged, LegacyPeer, Peer, alive, child, exclusive, is_child, is_r32, wrap};

const SIZE: (u32, u32) = (64, 48);

/// Random numbers (xorshift): the same ones for the same seed everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    /// Numbers that break things, and any.
    fn number(&mut self) -> u64 {
        match self.below(10) {
            0 => 0,
            1 => 1,
            2 => u64::MAX,
            3 => u64::from(u32::MAX),
            4 => 1 << 31,
            5 => (1 << 31) - 1,
            6 => self.next() % 64,
            7 => 1 << self.below(64),
            8 => self.next() % 5000,
            _ => self.next(),
        }
    }
}

/// Places that a pointer may lead to, none of them what it says.
struct Places {
    /// Bytes of random content.
    heap: Box<[u64; 512]>,
    /// Two pages of which the second cannot be read.
    pages: Unreadable,
}

impl Places {
    fn new() -> Self {
        Self {
            heap: Box::new([0x0101_0101_0101_0101; 512]),
            pages: Unreadable::new(),
        }
    }

    fn pointer(&self, random: &mut Random) -> usize {
        let heap = self.heap.as_ptr().addr();
        match random.below(8) {
            0 => 0,
            1 => random.below(4096),
            2 => heap + random.below(4096),
            3 => heap & !7,
            // Ends within what is pointed to.
            4 => self.pages.end() - random.below(512),
            5 => self.pages.end(),
            6 => usize::MAX - random.below(64),
            _ => random.next() as usize,
        }
    }
}

/// A page of zeros, and one after it that was given back.
struct Unreadable(*mut c_void);

const PAGE: usize = 4096;

impl Unreadable {
    fn new() -> Self {
        let access = libc::PROT_READ | libc::PROT_WRITE;
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
        // SAFETY: a new mapping wherever there is room.
        let start = unsafe { libc::mmap(std::ptr::null_mut(), 2 * PAGE, access, flags, -1, 0) };
        assert_ne!(start, libc::MAP_FAILED);
        let second = start.wrapping_byte_add(PAGE);
        // SAFETY: the second page of the mapping made above.
        let code = unsafe { libc::mprotect(second, PAGE, libc::PROT_NONE) };
        assert_eq!(code, 0);
        Self(start)
    }

    fn end(&self) -> usize {
        self.0.addr() + PAGE
    }
}

impl Drop for Unreadable {
    fn drop(&mut self) {
        // SAFETY: the mapping made in `new`, which nobody follows any more.
        unsafe { libc::munmap(self.0, 2 * PAGE) };
    }
}

/// A sound surface's descriptor, of which some fields say something else.
fn forged(random: &mut Random, peer: &Peer, places: &Places) -> gst::Buffer {
    let mut forged = Forged::new(peer);
    for _ in 0..=random.below(3) {
        let number = random.number();
        let word = number as u32;
        let entry = &mut forged.params[0];
        match random.below(16) {
            0 => forged.surface.gpuId = word,
            1 => forged.surface.batchSize = word,
            2 => forged.surface.numFilled = word,
            3 => forged.surface.memType = word,
            4 => forged.surface.surfaceList = places.pointer(random) as *mut _,
            5 => entry.width = word,
            6 => entry.height = word,
            7 => entry.pitch = word,
            8 => entry.colorFormat = word,
            9 => entry.layout = word,
            10 => {
                entry.bufferDesc = if random.below(2) == 0 {
                    number
                } else {
                    number % 64
                }
            }
            11 => entry.dataSize = word,
            12 => entry.dataPtr = places.pointer(random) as *mut _,
            13 => entry.planeParams.num_planes = word,
            14 => {
                let plane = random.below(4);
                let field = match random.below(6) {
                    0 => &mut entry.planeParams.width,
                    1 => &mut entry.planeParams.height,
                    2 => &mut entry.planeParams.pitch,
                    3 => &mut entry.planeParams.offset,
                    4 => &mut entry.planeParams.psize,
                    _ => &mut entry.planeParams.bytesPerPix,
                };
                field[plane] = word;
            }
            _ => entry.mappedAddr.eglImage = places.pointer(random) as *mut _,
        }
    }
    forged.into_buffer()
}

/// Words of which nothing is known, some of them pointers: for a descriptor of either family, or a legacy
/// block, by their size.
fn noise(random: &mut Random, places: &Places) -> gst::Buffer {
    let mut words = vec![0_u64; 64];
    for word in &mut words {
        *word = match random.below(4) {
            0 => places.pointer(random) as u64,
            1 => 0,
            _ => random.number(),
        };
    }
    // Passes for a descriptor so far as to have its list followed.
    if random.below(2) == 0 {
        words[0] = 1 << 32;
        words[1] = 1;
        words[2] = 4;
        words[3] = places.pointer(random) as u64;
    }
    let size = [0, 1, 32, 63, 64, 65, 71, 72, 73, 128, 384, 416, 512][random.below(13)];
    wrap(words, size)
}

/// A buffer of libnvbuf_utils with words of its block changed, and with any name and size.
fn block(random: &mut Random, peer: &LegacyPeer, places: &Places) -> gst::Buffer {
    let buffer = peer.nv_buffer(0);
    let size = buffer.raw_size();
    let mut words = vec![0_u64; size.div_ceil(8)];
    // SAFETY: a block has so many bytes, `words` at least as many, and nobody writes it now.
    unsafe {
        let from = buffer.as_ptr().cast::<u8>();
        from.copy_to_nonoverlapping(words.as_mut_ptr().cast(), size);
    }
    let count = words.len();
    for _ in 0..random.below(6) {
        let at = random.below(count);
        words[at] = match random.below(3) {
            0 => places.pointer(random) as u64,
            _ => random.number(),
        };
    }
    let said = [size, size, size - 1, 64, 8][random.below(5)];
    wrap(words, said)
}

/// Whatever takes a buffer; how often it did.
fn take(
    buffer: &gst::Buffer,
    infos: &[VideoInfo],
    session: &Session,
    results: &mut BTreeMap<String, u64>,
) {
    let mut note = |what: &str, result: Result<(), gst_nvmm::Error>| {
        let what = match result {
            Ok(()) => format!("{what}: taken"),
            Err(error) => {
                assert!(!error.to_string().is_empty());
                format!("{what}: refused")
            }
        };
        *results.entry(what).or_default() += 1;
    };
    let _ = buffer.is_nvmm();
    note("form", buffer.nvmm_form().map(drop));
    note("pictures", buffer.num_nvmm_pictures().map(drop));
    note("pixels", buffer.nvmm_pixels(0).map(drop));
    for info in infos {
        let context = session.context();
        let frame = NvmmFrame::new(buffer.clone(), info, context);
        if let Ok(frame) = &frame {
            // What is taken is what the caps say.
            assert_eq!(
                (frame.width(), frame.height()),
                (info.width(), info.height())
            );
            assert_eq!(frame.num_planes(), info.n_planes());
        }
        note("frame", frame.map(drop));
        let batch = NvmmFrame::of_batch(buffer.clone(), 1, info, context);
        note("batch", batch.map(drop));
        note(
            "write",
            NvmmFrameMut::new(buffer.clone(), info, context).map(drop),
        );
        let read = read_cpu(buffer, info, |map| {
            for plane in 0..map.num_planes() {
                let plane = map.plane(plane)?;
                let last = plane.params.byte_len().saturating_sub(1);
                for at in [0, last] {
                    // SAFETY: the map says that `byte_len` bytes can be read: this is what is tested.
                    let at = unsafe { plane.data.add(at) };
                    // SAFETY: as above.
                    let _ = unsafe { at.read_volatile() };
                }
            }
            Ok(())
        });
        note("read", read);
    }
}

/// Whether what is said of a buffer is so, and what a block leads to, the libraries alone know: they are asked
/// once everything that can be checked is checked, and refuse. In its strict mode the simulator would
/// end the process there, so this runs in one of its own without it.
#[test]
fn nothing_that_a_peer_sends_is_a_crash() {
    if !is_child() {
        let lenient = [("NVMM_SIM_STRICT", "0")];
        let text = child("nothing_that_a_peer_sends_is_a_crash", &lenient);
        let ours = text.lines().filter(|line| line.starts_with("hostile: "));
        ours.for_each(|line| eprintln!("{line}"));
        return;
    }
    let _guard = exclusive();
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let seed = number("NVMM_HOSTILE_SEED").unwrap_or(now.map_or(1, |now| now.as_micros() as u64));
    let seconds = number("NVMM_HOSTILE_SECONDS").unwrap_or(20);
    eprintln!("hostile: NVMM_HOSTILE_SEED={seed} repeats this");
    // Never 0, of which xorshift makes nothing else.
    let mut random = Random(seed | 1);

    let (width, height) = SIZE;
    let infos = [VideoFormat::Rgba, VideoFormat::Nv12].map(|format| {
        let info = VideoInfo::builder(format, width, height);
        info.build().expect("a size")
    });
    let peers = [ColorFormat::RGBA, ColorFormat::NV12].map(|f| Peer::new(1, width, height, f));
    let legacy = is_r32().then(|| LegacyPeer::new(1, width, height, ColorFormat::RGBA));
    let session = Session::new().expect("CUDA");
    let places = Places::new();
    let (mut results, mut rounds) = (BTreeMap::new(), 0_u64);
    let end = Instant::now() + Duration::from_secs(seconds);
    while Instant::now() < end {
        let buffer = match (random.below(4), &legacy) {
            (0, _) => noise(&mut random, &places),
            (1, Some(peer)) => block(&mut random, peer, &places),
            _ => {
                let peer = random.below(peers.len());
                forged(&mut random, &peers[peer], &places)
            }
        };
        take(&buffer, &infos, &session, &mut results);
        rounds += 1;
    }
    eprintln!("hostile: {rounds} buffers: {results:?}");
    assert!(rounds > 100, "{rounds}");
    // Not everything is refused: what was changed does not always matter.
    for what in [
        "frame: taken",
        "frame: refused",
        "read: taken",
        "read: refused",
    ] {
        assert!(results.get(what).is_some_and(|count| *count > 0), "{what}");
    }
    drop((session, peers, legacy));
    assert_eq!(
        alive(),
        [0; 4],
        "surfaces, EGLImages, registrations, memory"
    );
}
