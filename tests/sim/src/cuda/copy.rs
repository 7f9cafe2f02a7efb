//! `cuMemcpy*`, `cuMemset*`.

use std::ffi::{c_uchar, c_uint, c_void};
use std::sync::Arc;

use super::error::{CudaError, INVALID_VALUE, NOT_SUPPORTED};
use super::queue::Stream;
use super::work::{Command, Side};
use super::{CuResult, call, egl, stream};
use crate::functions::Function;
use crate::region::{self, Kind, Region};

/// What the caller says an address is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Host,
    Device,
    /// The driver is to find out.
    Unified,
}

/// A side of a copy with the region that holds it.
#[derive(Debug)]
struct Checked {
    side: Side,
    region: Option<Arc<Region>>,
}

impl Checked {
    fn new(
        place: Place,
        address: usize,
        pitch: usize,
        width: usize,
        height: usize,
    ) -> Result<Self, CudaError> {
        let span = height
            .checked_sub(1)
            .and_then(|rows| rows.checked_mul(pitch)?.checked_add(width))
            .ok_or(INVALID_VALUE)?;
        let region = region::find(address);
        let is_right = match &region {
            Some(region) => {
                let pinned = region.kind() == Kind::Pinned;
                region.holds(address, span)
                    && region.is_reachable()
                    && (pinned || place != Place::Host)
            }
            None => place != Place::Device && address != 0,
        };
        if !is_right {
            return Err(INVALID_VALUE);
        }
        Ok(Self {
            side: Side { address, pitch },
            region,
        })
    }

    /// Pageable host memory, which the driver does not let an asynchronous copy run on.
    fn is_pageable(&self) -> bool {
        self.region.is_none()
    }
}

/// Copies a rectangle; waits for it unless it may run behind the caller's back.
fn copy(
    stream: &Arc<Stream>,
    is_async: bool,
    to: Checked,
    from: Checked,
    width: usize,
    height: usize,
) {
    let wait = !is_async || to.is_pageable() || from.is_pageable();
    let count = stream.enqueue(|slot| {
        to.region
            .into_iter()
            .chain(from.region)
            .for_each(|region| slot.uses(region));
        slot.command = Command::Copy {
            to: to.side,
            from: from.side,
            width,
            height,
        };
    });
    if wait {
        stream.wait_for(count);
    }
}

fn copy_1d(
    to: (Place, usize),
    from: (Place, usize),
    len: usize,
    stream: Option<usize>,
) -> Result<(), CudaError> {
    let on = stream::find(stream.unwrap_or(0))?;
    if len == 0 {
        return Ok(());
    }
    let to = Checked::new(to.0, to.1, len, len, 1)?;
    let from = Checked::new(from.0, from.1, len, len, 1)?;
    copy(&on, stream.is_some(), to, from, len, 1);
    Ok(())
}

/// Address of host memory that the stream's thread will use.
fn host(address: *const c_void) -> (Place, usize) {
    (Place::Host, address.expose_provenance())
}

fn device(address: usize) -> (Place, usize) {
    (Place::Device, address)
}

/// `cuMemcpyHtoD_v2`
pub(crate) extern "C" fn host_to_device(to: usize, from: *const c_void, len: usize) -> CuResult {
    call(Function::cuMemcpyHtoD_v2, || {
        copy_1d(device(to), host(from), len, None)
    })
}

/// `cuMemcpyHtoDAsync_v2`
pub(crate) extern "C" fn host_to_device_async(
    to: usize,
    from: *const c_void,
    len: usize,
    stream: usize,
) -> CuResult {
    call(Function::cuMemcpyHtoDAsync_v2, || {
        copy_1d(device(to), host(from), len, Some(stream))
    })
}

/// `cuMemcpyDtoH_v2`
pub(crate) extern "C" fn device_to_host(to: *mut c_void, from: usize, len: usize) -> CuResult {
    call(Function::cuMemcpyDtoH_v2, || {
        copy_1d(host(to), device(from), len, None)
    })
}

/// `cuMemcpyDtoHAsync_v2`
pub(crate) extern "C" fn device_to_host_async(
    to: *mut c_void,
    from: usize,
    len: usize,
    stream: usize,
) -> CuResult {
    call(Function::cuMemcpyDtoHAsync_v2, || {
        copy_1d(host(to), device(from), len, Some(stream))
    })
}

/// `cuMemcpyDtoD_v2`
pub(crate) extern "C" fn device_to_device(to: usize, from: usize, len: usize) -> CuResult {
    call(Function::cuMemcpyDtoD_v2, || {
        copy_1d(device(to), device(from), len, None)
    })
}

/// `cuMemcpyDtoDAsync_v2`
pub(crate) extern "C" fn device_to_device_async(
    to: usize,
    from: usize,
    len: usize,
    stream: usize,
) -> CuResult {
    call(Function::cuMemcpyDtoDAsync_v2, || {
        copy_1d(device(to), device(from), len, Some(stream))
    })
}

/// One half of `CUDA_MEMCPY2D`.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct Half {
    x_in_bytes: usize,
    y: usize,
    memory_type: c_uint,
    host: *mut c_void,
    device: usize,
    array: usize,
    pitch: usize,
}

/// `CUDA_MEMCPY2D`
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Copy2D {
    from: Half,
    to: Half,
    width_in_bytes: usize,
    height: usize,
}

const _: () = assert!(size_of::<Copy2D>() == 128, "the driver's struct");

impl Half {
    fn check(&self, width: usize, height: usize) -> Result<Checked, CudaError> {
        let (place, base, pitch) = match self.memory_type {
            1 => (Place::Host, self.host.expose_provenance(), self.pitch),
            2 => (Place::Device, self.device, self.pitch),
            3 => {
                let plane = egl::ARRAYS.get(self.array).ok_or(INVALID_VALUE)?;
                (Place::Device, plane.address, plane.pitch)
            }
            4 => (Place::Unified, self.device, self.pitch),
            _ => return Err(INVALID_VALUE),
        };
        let pitch = if pitch == 0 {
            self.x_in_bytes + width
        } else {
            pitch
        };
        let end = self.x_in_bytes.checked_add(width).ok_or(INVALID_VALUE)?;
        if height > 1 && end > pitch {
            return Err(INVALID_VALUE);
        }
        let offset = self
            .y
            .checked_mul(pitch)
            .and_then(|rows| rows.checked_add(self.x_in_bytes));
        let start = offset
            .and_then(|o| base.checked_add(o))
            .ok_or(INVALID_VALUE)?;
        Checked::new(place, start, pitch, width, height)
    }
}

/// `cuMemcpy2D_v2`
pub(crate) extern "C" fn copy_2d(what: Option<&Copy2D>) -> CuResult {
    call(Function::cuMemcpy2D_v2, || copy_rectangle(what, None))
}

/// `cuMemcpy2DAsync_v2`
pub(crate) extern "C" fn copy_2d_async(what: Option<&Copy2D>, stream: usize) -> CuResult {
    call(Function::cuMemcpy2DAsync_v2, || {
        copy_rectangle(what, Some(stream))
    })
}

fn copy_rectangle(what: Option<&Copy2D>, stream: Option<usize>) -> Result<(), CudaError> {
    let on = stream::find(stream.unwrap_or(0))?;
    let what = what.ok_or(INVALID_VALUE)?;
    let (width, height) = (what.width_in_bytes, what.height);
    if width == 0 || height == 0 {
        return Ok(());
    }
    let (to, from) = (
        what.to.check(width, height)?,
        what.from.check(width, height)?,
    );
    copy(&on, stream.is_some(), to, from, width, height);
    Ok(())
}

/// `cuMemsetD8_v2`
pub(crate) extern "C" fn memset_d8(address: usize, value: c_uchar, len: usize) -> CuResult {
    call(Function::cuMemsetD8_v2, || {
        let (on, count) = set(address, value, len, 0)?;
        on.wait_for(count);
        Ok(())
    })
}

/// `cuMemsetD8Async`
pub(crate) extern "C" fn memset_d8_async(
    address: usize,
    value: c_uchar,
    len: usize,
    stream: usize,
) -> CuResult {
    call(Function::cuMemsetD8Async, || {
        set(address, value, len, stream).map(|_| ())
    })
}

fn set(
    address: usize,
    value: u8,
    len: usize,
    stream: usize,
) -> Result<(Arc<Stream>, u64), CudaError> {
    let on = stream::find(stream)?;
    let checked = Checked::new(Place::Device, address, len, len, 1)?;
    let region = checked.region.ok_or(NOT_SUPPORTED)?;
    let count = on.enqueue(|slot| {
        slot.uses(region);
        slot.command = Command::Set {
            address,
            len,
            value,
        };
    });
    Ok((on, count))
}
