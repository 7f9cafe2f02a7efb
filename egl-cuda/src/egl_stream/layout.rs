//! The shapes of an acquired frame's planes, where nobody described them.

use crate::error::check;
use crate::sys::{
    CUDA_ARRAY_DESCRIPTOR, CUarray, CUarray_format, CUeglFrame, CUeglFrameType, MAX_PLANES,
};
use crate::{Context, Error, PlaneLayout, Result};

const CALL: &str = "Consumer::acquire";

/// What the driver's frame says of its planes. Plane 0 is in the frame; the others of a frame of arrays are in
/// their arrays; of other frames nobody knows.
///
/// # Errors
///
/// The numbers make no sense, the planes are not known, or the driver's error.
///
/// # Safety
///
/// The arrays of a frame of type ARRAY are null or alive in `context`, which is current.
pub(super) unsafe fn of(
    context: &Context,
    frame: &CUeglFrame,
) -> Result<([PlaneLayout; MAX_PLANES], usize)> {
    let count = frame.planeCount as usize;
    if count == 0 || count > MAX_PLANES {
        return Err(refuse(format!(
            "the driver says that the frame has {count} planes (1 to {MAX_PLANES} are possible)"
        )));
    }
    let is_linear = match frame.frameType {
        CUeglFrameType::PITCH => true,
        CUeglFrameType::ARRAY => false,
        other => return Err(refuse(format!("the frame is of unknown type {}", other.0))),
    };
    if is_linear && count > 1 {
        return Err(refuse(format!(
            "the driver describes the first of the frame's {count} planes only: give the producer's \
             layout to Consumer::set_layouts"
        )));
    }
    let mut layouts = [PlaneLayout::default(); MAX_PLANES];
    layouts[0] = PlaneLayout {
        width: frame.width,
        height: frame.height,
        pitch: if is_linear { frame.pitch } else { 0 },
        bytes_per_pixel: pixel(frame.numChannels, frame.cuFormat)?,
    };
    // SAFETY: both members are plain pointers of any value; arrays are looked at in frames of arrays only.
    let arrays = unsafe { frame.frame.pArray };
    for (layout, array) in layouts[..count].iter_mut().zip(arrays).skip(1) {
        // SAFETY: by this function's contract; only frames of arrays have a second plane here.
        *layout = unsafe { of_array(context, array) }?;
    }
    Ok((layouts, count))
}

/// # Safety
///
/// `array` is null or alive in `context`, which is current.
unsafe fn of_array(context: &Context, array: CUarray) -> Result<PlaneLayout> {
    const CALL: &str = "cuArrayGetDescriptor";
    let functions = context.functions();
    let describe = functions
        .array_get_descriptor
        .ok_or_else(|| Error::missing(CALL))?;
    if array.is_null() {
        return Err(refuse("the driver gave a null array".to_owned()));
    }
    let mut descriptor = CUDA_ARRAY_DESCRIPTOR {
        Width: 0,
        Height: 0,
        Format: CUarray_format::UNSIGNED_INT8,
        NumChannels: 0,
    };
    // SAFETY: the pointer is to a live descriptor; by this function's contract the array is alive.
    let code = unsafe { describe(&raw mut descriptor, array) };
    check(context.driver(), CALL, code)?;
    let size = |elements: usize| {
        u32::try_from(elements)
            .map_err(|_| refuse(format!("an array of {elements} rows or columns")))
    };
    Ok(PlaneLayout {
        width: size(descriptor.Width)?,
        height: size(descriptor.Height)?,
        pitch: 0,
        bytes_per_pixel: pixel(descriptor.NumChannels, descriptor.Format)?,
    })
}

/// Bytes of a pixel.
fn pixel(channels: u32, element: CUarray_format) -> Result<u32> {
    let bytes = match element {
        CUarray_format::UNSIGNED_INT8 | CUarray_format::SIGNED_INT8 => 1,
        CUarray_format::UNSIGNED_INT16 | CUarray_format::SIGNED_INT16 | CUarray_format::HALF => 2,
        CUarray_format::UNSIGNED_INT32 | CUarray_format::SIGNED_INT32 | CUarray_format::FLOAT => 4,
        other => {
            return Err(refuse(format!(
                "elements of the unknown type {}: give the producer's layout to Consumer::set_layouts",
                other.0
            )));
        }
    };
    if !(1..=4).contains(&channels) {
        return Err(refuse(format!(
            "the driver says that a pixel has {channels} channels (1 to 4 are possible)"
        )));
    }
    Ok(bytes * channels)
}

fn refuse(what: String) -> Error {
    Error::argument(CALL, what)
}
