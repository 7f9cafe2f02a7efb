//! What says that a foreign memory holds what it held before.

use std::ffi::c_void;

use nvbuf::legacy::OpaqueBlock;
use nvbuf::{Descriptor, Identity};

use crate::error::{Error, Result};

/// A buffer of a batch; `None` is the only one of a memory that must be no batch.
pub(crate) type Which = Option<u32>;

/// What says that a memory holds what it held before.
pub(crate) enum Key {
    Surface(Box<Descriptor>),
    /// The block, and what the buffer is known by when it comes back in another memory: nothing if
    /// its fd ends with this one.
    Legacy(Box<OpaqueBlock>, Option<Identity>),
}

impl Key {
    /// Whether a memory still holds what it held; what it says now is noted if it does.
    ///
    /// What was checked once is compared with what is there, as any element reads it. Only where
    /// something differs does the kernel read it anew.
    ///
    /// # Safety
    ///
    /// `address` and `size` are what mapping the memory gives, and the caller holds the memory. It is the
    /// one that the key was read from.
    #[inline]
    pub(crate) unsafe fn is_of(
        &mut self,
        address: *const c_void,
        size: usize,
        which: Which,
    ) -> bool {
        match self {
            Self::Surface(known) => {
                // SAFETY: mapped, by this function's contract. The kernel has read the list when this
                // memory came first, and it lives: NVMM memory lives no longer than the surface that it
                // maps to, all elements follow the same pointers without any check (facts).
                let is_unchanged = unsafe { known.is_unchanged(address, size) };
                if is_unchanged {
                    return check(known, which).is_ok();
                }
                let Ok(now) = known.read_again(size) else {
                    return false;
                };
                let is_same = known.identity().is_at(address)
                    && now.identity() == known.identity()
                    && check(&now, which).is_ok();
                if is_same {
                    **known = now;
                }
                is_same
            }
            Self::Legacy(block, _) => {
                // SAFETY: mapped, by this function's contract.
                let is_unchanged = unsafe { block.is_unchanged(address, size) };
                is_unchanged || OpaqueBlock::read(address, size).is_ok_and(|now| now == **block)
            }
        }
    }
}

/// DeepStream's elements repair a batch that says 0 of 1 buffers are filled.
#[inline]
pub(crate) fn filled(descriptor: &Descriptor) -> u32 {
    descriptor.num_filled().max(1)
}

/// That a batch has what is asked for.
#[inline]
pub(crate) fn check(descriptor: &Descriptor, which: Which) -> Result<()> {
    let (size, filled) = (descriptor.batch_size(), filled(descriptor));
    match which {
        None if size != 1 => Err(Error::buffer(format!(
            "a batch of {size} buffers: put nvstreamdemux, or nvmultistreamtiler, before this element"
        ))),
        Some(index) if index >= filled => Err(Error::buffer(format!(
            "buffer {index} of a batch of {size}, of which {filled} are filled"
        ))),
        _ => Ok(()),
    }
}
