//! Memory of our own: device, managed and pinned memory, and arrays.
//!
//! Each is freed under its context, on whichever thread, after the copies of
//! [`Stream::copy`](crate::Stream::copy) that use it.

mod array;
mod device;
mod managed;
mod pinned;

pub use array::Array;
pub use device::DeviceMemory;
pub use managed::ManagedMemory;
pub use pinned::PinnedMemory;

use crate::copy::Pending;
use crate::error::check;
use crate::sys::{CUarray_format, CUresult};
use crate::{Error, Result};

/// What memories of rows of bytes have in common: those with fields `row_bytes`, `height` and `pending`, and a
/// method `place`.
macro_rules! in_rows {
    ($Memory:ident) => {
        impl $Memory {
            /// Bytes of a row.
            pub fn row_bytes(&self) -> usize {
                self.row_bytes
            }

            /// Rows.
            pub fn height(&self) -> usize {
                self.height
            }

            /// The context that the memory is of.
            pub fn context(&self) -> &$crate::Context {
                self.pending.context()
            }

            /// All rows, to copy from.
            pub fn source(&self) -> $crate::CopySource<'_> {
                $crate::CopySource(self.rows())
            }

            fn rows(&self) -> $crate::copy::Rows<'_> {
                let (place, streams) = self.place();
                $crate::copy::Rows {
                    place,
                    x: 0,
                    y: 0,
                    row_bytes: self.row_bytes,
                    height: self.height,
                    element: 1,
                    streams,
                    pending: Some(&self.pending),
                }
            }
        }
    };
}
use in_rows;

/// Bytes of one channel of a type; none for types of newer drivers.
pub(crate) fn channel_bytes(format: CUarray_format) -> Option<u32> {
    Some(match format {
        CUarray_format::UNSIGNED_INT8 | CUarray_format::SIGNED_INT8 => 1,
        CUarray_format::UNSIGNED_INT16 | CUarray_format::SIGNED_INT16 | CUarray_format::HALF => 2,
        CUarray_format::UNSIGNED_INT32 | CUarray_format::SIGNED_INT32 | CUarray_format::FLOAT => 4,
        _ => return None,
    })
}

/// The size of rows without a gap, which slices can have.
///
/// # Errors
///
/// It is 0, or more than a slice has.
fn packed_size(call: &'static str, row_bytes: usize, height: usize) -> Result<usize> {
    row_bytes
        .checked_mul(height)
        .filter(|size| (1..=isize::MAX.unsigned_abs()).contains(size))
        .ok_or_else(|| {
            Error::argument(
                call,
                format!(
                    "{height} rows of {row_bytes} bytes are nothing, or more than there can be"
                ),
            )
        })
}

/// The end of memory: waits for its copies, and frees it while its context is current.
fn end(pending: &Pending, call: &'static str, free: impl FnOnce() -> CUresult) {
    pending.end();
    let context = pending.context();
    let freed = context
        .push()
        .and_then(|_current| check(context.driver(), call, free()));
    if let Err(error) = freed {
        crate::error::report(&error);
    }
}
