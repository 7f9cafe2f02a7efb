use super::{Numbers, Places};
use crate::peer::{Forged, LegacyPeer, Peer, wrap};

/// A buffer that was made up, and what its maker may write to later.
#[derive(Debug)]
pub struct Made {
    /// With one memory, read-only as all that is wrapped.
    pub buffer: gst::Buffer,
    /// Where numbers lie, and how many: what the memory maps to, and the list of a descriptor.
    parts: Vec<(*mut u32, usize)>,
}

impl Made {
    /// Around what the buffer maps to.
    fn new(buffer: gst::Buffer) -> Self {
        let parts = buffer.map_readable().map(|map| {
            let start = map.as_ptr().cast_mut().cast::<u32>();
            vec![(start, map.size() / 4)]
        });
        let parts = parts.unwrap_or_default();
        Self { buffer, parts }
    }

    /// Writes another number somewhere, as a peer may between two frames.
    pub fn change(&self, random: &mut Numbers<'_>, places: &Places) {
        if self.parts.is_empty() {
            return;
        }
        let (start, count) = self.parts[random.below(self.parts.len())];
        let number = match random.below(3) {
            0 => places.pointer(random) as u64,
            _ => random.number(),
        };
        if count > 0 {
            let at = start.wrapping_add(random.below(count));
            // SAFETY: inside of a box that the buffer holds, as `parts` says; nobody else uses it now.
            unsafe { at.write_unaligned(number as u32) };
        }
    }
}

/// A sound surface's descriptor, of which some fields say something else.
pub fn forged(random: &mut Numbers<'_>, peer: &Peer, places: &Places) -> Made {
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
    let list = forged.params.as_mut_ptr().cast();
    let mut made = Made::new(forged.into_buffer());
    made.parts
        .push((list, size_of_val(&*Forged::new(peer).params) / 4));
    made
}

/// Words of which nothing is known, some of them pointers: for a descriptor of either family, or a legacy
/// block, by their size.
pub fn noise(random: &mut Numbers<'_>, places: &Places) -> Made {
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
    Made::new(wrap(words, size))
}

/// A buffer of libnvbuf_utils with words of its block changed, and with any name and size.
pub fn block(random: &mut Numbers<'_>, peer: &LegacyPeer, places: &Places) -> Made {
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
    Made::new(wrap(words, said))
}
