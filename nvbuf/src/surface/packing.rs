//! Whether the rows of the library's raw planes are packed. Its header does not say it, and calls the
//! planes "aligned": so it is tried (`packing`).

use std::ffi::c_uint;
use std::sync::OnceLock;

use nvbufsurface_sys::prefix::NvBufSurface;

use super::Surface;
use crate::ColorFormat;
use crate::error::{Error, ErrorKind, Result, check};
use crate::packing::{SIZE, writes_and_reads_packed};

pub(super) const TO: &str = "NvBufSurface2Raw";
pub(super) const FROM: &str = "Raw2NvBufSurface";

pub(super) type ToRaw =
    unsafe extern "C" fn(*mut NvBufSurface, c_uint, c_uint, c_uint, c_uint, *mut u8) -> i32;
pub(super) type FromRaw =
    unsafe extern "C" fn(*mut u8, c_uint, c_uint, c_uint, c_uint, *mut NvBufSurface) -> i32;

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
