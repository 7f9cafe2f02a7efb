//! Pixels from one surface to another, for copies that GStreamer asks for.

use nvbuf::Surface;

use crate::counts::Counts;
use crate::error::{Error, Result};
use crate::log::CATEGORY;

/// Copies the pixels of a surface into another of the same shape, by whatever engine the library has
/// for it, or on the CPU.
pub(crate) fn copy_pixels(surface: &Surface, target: &mut Surface) -> Result<()> {
    Counts::note(|counts| counts.copies += 1);
    if let Err(error) = surface.copy_to(target) {
        gst::warning!(CATEGORY, "{error}; the CPU copies");
        copy_rows(surface, target).map_err(Error::from)?;
    }
    Ok(())
}

fn copy_rows(source: &Surface, target: &Surface) -> nvbuf::Result<()> {
    let from = source.map_ptr(0, nvbuf::Access::Read)?;
    let to = target.map_ptr(0, nvbuf::Access::Write)?;
    for i in 0..from.num_planes().min(to.num_planes()) {
        let (from, to) = (from.plane(i)?, to.plane(i)?);
        let bytes = from.params.row_bytes().min(to.params.row_bytes());
        for row in 0..from.params.height.min(to.params.height) as usize {
            // SAFETY: `row` is below the plane's height, so the offset is inside its mapping.
            let from = unsafe { from.data.add(row * from.params.pitch as usize) };
            // SAFETY: as above.
            let to = unsafe { to.data.add(row * to.params.pitch as usize) };
            // SAFETY: a row of both planes has at least `bytes`, and surfaces do not overlap.
            unsafe { from.copy_to_nonoverlapping(to, bytes) };
        }
    }
    to.unmap()
}
