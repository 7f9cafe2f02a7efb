//! Whether the rows of the library's raw planes are packed. Its header does not say it, and calls the
//! planes "aligned": so it is tried, once in a process and before anybody's memory is at stake.

use std::ffi::c_uint;
use std::sync::OnceLock;

use nvbufsurface_sys::prefix::NvBufSurface;

use super::Surface;
use crate::ColorFormat;
use crate::error::{Error, ErrorKind, Result, check};

pub(super) const TO: &str = "NvBufSurface2Raw";
pub(super) const FROM: &str = "Raw2NvBufSurface";

pub(super) type ToRaw =
    unsafe extern "C" fn(*mut NvBufSurface, c_uint, c_uint, c_uint, c_uint, *mut u8) -> i32;
pub(super) type FromRaw =
    unsafe extern "C" fn(*mut u8, c_uint, c_uint, c_uint, c_uint, *mut NvBufSurface) -> i32;

/// NV12 has a plane of 34x6 bytes and one of 17x3 pairs then: odd sides, and no row that any engine
/// aligns to.
const SIZE: (u32, u32) = (34, 6);
/// For 64 rows of 1 KiB: more than any padding makes of it.
const ROOM: usize = 1 << 16;
/// Behind the packed rows that are given, and behind the place for them. Neither is a byte of a row.
const BEHIND: u8 = 0xfe;
const CANARY: u8 = 0xff;

/// What was found, once something was.
static IS_PACKED: OnceLock<bool> = OnceLock::new();

impl Surface {
    /// The library's functions for packed rows, if it has them; an error if it pads its rows, for then
    /// they go beyond the packed memory of the program's.
    pub(super) fn packed_functions(&self, call: &'static str) -> Result<Option<(ToRaw, FromRaw)>> {
        let functions = self.library.functions();
        // It has both or none (since R34.1), and one is tried with the other.
        let Some((to_raw, from_raw)) = functions.to_raw.zip(functions.from_raw) else {
            return Ok(None);
        };
        let is_packed = match IS_PACKED.get() {
            Some(is_packed) => *is_packed,
            None => {
                // What fails says nothing, and is tried again the next time.
                let found = try_out(to_raw, from_raw)?;
                *IS_PACKED.get_or_init(|| found)
            }
        };
        if is_packed {
            return Ok(Some((to_raw, from_raw)));
        }
        let detail = format!(
            "{self:?}: this library pads the rows of raw planes, which go beyond packed memory then. \
             Only packed rows are allowed: copy them through a mapping (Surface::map_plane_ptr), after \
             a transform to a pitch-linear surface where there is none"
        );
        Err(Error::new(ErrorKind::Call, call, detail))
    }
}

/// Writes and reads both planes of a surface of its own.
fn try_out(to_raw: ToRaw, from_raw: FromRaw) -> Result<bool> {
    let builder = Surface::builder(SIZE.0, SIZE.1).format(ColorFormat::NV12);
    let scratch = builder.build()?;
    let surface = scratch.buffer_view(0).surface().as_ptr();
    let failed = || format!("{scratch:?}, to find out whether rows are packed");
    for (plane, params) in (0..).zip(scratch.params(0)?.planes()) {
        let (width, height) = (params.width, params.height);
        let is_packed = writes_and_reads_packed(
            params.packed_len(),
            |rows| {
                let rows = rows.as_mut_ptr();
                // SAFETY: a valid surface of one buffer, which nobody else has; the plane is one of
                // its; there are its packed rows, and room for any padding.
                let ret = unsafe { from_raw(rows, 0, plane, width, height, surface) };
                check(FROM, ret, failed)
            },
            |rows| {
                let rows = rows.as_mut_ptr();
                // SAFETY: as above, for writing.
                let ret = unsafe { to_raw(surface, 0, plane, width, height, rows) };
                check(TO, ret, failed)
            },
        )?;
        if !is_packed {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether `write` takes `len` bytes for a plane and `read` gives the same ones back, and no others. Both
/// get more room.
fn writes_and_reads_packed(
    len: usize,
    write: impl FnOnce(&mut [u8]) -> Result<()>,
    read: impl FnOnce(&mut [u8]) -> Result<()>,
) -> Result<bool> {
    let mut given = vec![BEHIND; ROOM];
    // All different, so that a row from another place is found.
    for (byte, value) in given.iter_mut().take(len).zip(0..BEHIND) {
        *byte = value;
    }
    write(&mut given)?;
    let mut got = vec![CANARY; ROOM];
    read(&mut got)?;
    Ok(got[..len] == given[..len] && got[len..].iter().all(|byte| *byte == CANARY))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A plane of 3 rows of 34 bytes, for a library that has rows so far apart in the memory that it
    /// takes and in that which it gives, and writes so many bytes of each.
    fn found(taken: usize, given: usize, written: usize) -> bool {
        let plane = std::cell::Cell::new([[0; 34]; 3]);
        writes_and_reads_packed(
            3 * 34,
            |rows| {
                let row = |y: usize| rows[y * taken..][..34].try_into().unwrap();
                plane.set([0, 1, 2].map(row));
                Ok(())
            },
            |rows| {
                for (y, row) in plane.get().iter().enumerate() {
                    rows[y * given..][..written].fill(0);
                    rows[y * given..][..34].copy_from_slice(row);
                }
                Ok(())
            },
        )
        .unwrap()
    }

    #[test]
    fn padding_is_found_in_either_direction() {
        assert!(found(34, 34, 34));
        for padded in [35, 36, 48, 64, 256, 1024] {
            assert!(!found(34, padded, 34), "gives {padded}");
            assert!(!found(34, padded, padded), "gives and fills {padded}");
            assert!(!found(padded, 34, 34), "takes {padded}");
            assert!(!found(padded, padded, 34), "both {padded}");
        }
        assert!(!found(34, 34, 35), "a byte behind the last row");
    }

    #[test]
    fn a_failure_is_no_answer() {
        let fails = |_: &mut [u8]| Err(Error::new(ErrorKind::Call, TO, "on demand"));
        writes_and_reads_packed(4, fails, |_| Ok(())).expect_err("write");
        writes_and_reads_packed(4, |_| Ok(()), fails).expect_err("read");
    }
}
