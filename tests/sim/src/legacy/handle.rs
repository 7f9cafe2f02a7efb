//! `nv_buffer`, the opaque block of a buffer: `NvBufferGetSize`, `ExtractFdFromNvBuffer`,
//! `NvReleaseFd`.

use std::ffi::{c_int, c_void};
use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

use super::find;
use crate::block::Block;
use crate::functions::Function;
use crate::nvbuf::{Refused, buffer, call, call_for, refuse};
use crate::release;

/// Bytes of the block, as seen on R32; those of R28 are not known.
pub(crate) const SIZE: u32 = 1008;
const MAGIC: u64 = u64::from_le_bytes(*b"nvmm-sim");

/// What the block begins with; the rest is zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
struct Head {
    magic: u64,
    /// Never given out twice, so that the block of a destroyed buffer is told from its successor's.
    serial: u64,
    fd: u64,
}

/// The block of a buffer. Copies of its bytes are as good: NVIDIA's elements make them.
#[derive(Debug)]
pub(crate) struct Handle {
    head: Head,
    block: Block,
}

impl Handle {
    /// The block of a new buffer, if the release has libnvbuf_utils.
    pub(crate) fn new(fd: c_int) -> Option<Self> {
        static SERIAL: AtomicU64 = AtomicU64::new(1);
        release::current().numbering()?;
        let head = Head {
            magic: MAGIC,
            serial: SERIAL.fetch_add(1, SeqCst),
            fd: fd.unsigned_abs().into(),
        };
        let mut block = Block::zeroed(SIZE as usize);
        block.put(0, head);
        Some(Self { head, block })
    }

    pub(crate) fn address(&self) -> *mut c_void {
        self.block.address()
    }
}

/// `NvBufferGetSize`
pub(crate) extern "C" fn get_size() -> c_int {
    call_for(
        Function::NvBufferGetSize,
        || Ok(SIZE.cast_signed()),
        |error| error,
    )
}

/// `ExtractFdFromNvBuffer`
///
/// # Safety
///
/// `handle` is null or points to as many readable bytes as a `NvBufSurface` has at least.
pub(crate) unsafe extern "C" fn extract_fd(
    handle: *const c_void,
    out: Option<&mut MaybeUninit<c_int>>,
) -> c_int {
    let function = Function::ExtractFdFromNvBuffer;
    call(function, || {
        let Some(out) = out else {
            refuse!(function, Rule::NullArgument, "the result pointer is NULL")
        };
        if handle.is_null() {
            refuse!(function, Rule::NullArgument, "nv_buffer is NULL");
        }
        // SAFETY: by this function's contract.
        let head = unsafe { handle.cast::<Head>().read_unaligned() };
        if head.magic != MAGIC {
            refuse!(
                function,
                Rule::ForeignDescriptor,
                "{handle:p} is no nv_buffer"
            );
        }
        let buffer = c_int::try_from(head.fd).ok().and_then(buffer::find);
        let buffer = buffer.filter(|b| b.handle.as_ref().is_some_and(|own| own.head == head));
        let Some(buffer) = buffer else {
            refuse!(
                function,
                Rule::UseAfterDestroy,
                "the buffer of {handle:p} (fd {}) is destroyed",
                head.fd
            )
        };
        buffer.extracted.fetch_add(1, SeqCst);
        out.write(buffer.fd());
        Ok(())
    })
}

/// `NvReleaseFd`
pub(crate) extern "C" fn release_fd(fd: c_int) -> c_int {
    let function = Function::NvReleaseFd;
    call(function, || {
        let buffer = find(function, fd)?;
        let given_back = buffer
            .extracted
            .fetch_update(SeqCst, SeqCst, |count| count.checked_sub(1));
        if given_back.is_err() {
            refuse!(
                function,
                Rule::FdNotExtracted,
                "fd {fd} is not of ExtractFdFromNvBuffer, or given back twice"
            );
        }
        Ok::<(), Refused>(())
    })
}
