//! `cuMemcpy*` of bytes in a row, and what all copies share.

#![forbid(unsafe_code)]

use std::ffi::c_void;
use std::sync::Arc;

use super::error::{CudaError, INVALID_VALUE};
use super::queue::Stream;
use super::work::{Command, Side};
use super::{CuResult, call, stream};
use crate::functions::Function;
use crate::region::{self, Region};

/// What the caller says an address is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Host,
    Device,
    /// The driver is to find out.
    Unified,
}

/// Bytes of a row, rows, slices.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Box3 {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) depth: usize,
}

impl Box3 {
    pub(crate) fn line(width: usize) -> Self {
        Self {
            width,
            height: 1,
            depth: 1,
        }
    }

    pub(crate) fn is_empty(self) -> bool {
        self.width == 0 || self.height == 0 || self.depth == 0
    }
}

/// A side of a copy with the region that holds it.
#[derive(Debug)]
pub(crate) struct Checked {
    pub(crate) side: Side,
    pub(crate) region: Option<Arc<Region>>,
}

impl Checked {
    /// Checks addresses: they lie in memory of the kind that the caller says.
    pub(crate) fn new(place: Place, side: Side, size: Box3) -> Result<Self, CudaError> {
        let rows = |count: usize, pitch: usize| count.checked_sub(1)?.checked_mul(pitch);
        let span = rows(size.depth, side.slice)
            .and_then(|slices| slices.checked_add(rows(size.height, side.pitch)?))
            .and_then(|before| before.checked_add(size.width))
            .ok_or(INVALID_VALUE)?;
        let address = side.address;
        let region = region::find(address);
        let is_right = match &region {
            Some(region) => {
                region.holds(address, span)
                    && region.is_reachable()
                    && (region.kind().is_open() || place != Place::Host)
            }
            None => place != Place::Device && address != 0 && address.checked_add(span).is_some(),
        };
        if !is_right {
            return Err(INVALID_VALUE);
        }
        Ok(Self { side, region })
    }

    /// A part of an array's memory that was checked against the array.
    pub(crate) fn of_array(side: Side, region: Arc<Region>) -> Result<Self, CudaError> {
        if !region.is_reachable() {
            return Err(INVALID_VALUE);
        }
        Ok(Self {
            side,
            region: Some(region),
        })
    }

    /// Pageable host memory, which the driver does not let an asynchronous copy run on.
    fn is_pageable(&self) -> bool {
        self.region.is_none()
    }
}

/// Copies a box; waits for it unless it may run behind the caller's back.
pub(crate) fn copy(stream: &Arc<Stream>, is_async: bool, to: Checked, from: Checked, size: Box3) {
    let wait = !is_async || to.is_pageable() || from.is_pageable();
    let count = stream.enqueue(|slot| {
        to.region
            .into_iter()
            .chain(from.region)
            .for_each(|region| slot.uses(region));
        slot.command = Command::Copy {
            to: to.side,
            from: from.side,
            size,
        };
    });
    if wait {
        stream.wait_for(count);
    }
}

/// A side of a copy of bytes in a row.
pub(crate) fn line(place: Place, address: usize, len: usize) -> Result<Checked, CudaError> {
    let side = Side {
        address,
        pitch: len,
        slice: len,
    };
    Checked::new(place, side, Box3::line(len))
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
    let (to, from) = (line(to.0, to.1, len)?, line(from.0, from.1, len)?);
    copy(&on, stream.is_some(), to, from, Box3::line(len));
    Ok(())
}

/// Address of host memory that the stream's thread will use.
fn host(address: *const c_void) -> (Place, usize) {
    (Place::Host, address.expose_provenance())
}

fn device(address: usize) -> (Place, usize) {
    (Place::Device, address)
}

fn any(address: usize) -> (Place, usize) {
    (Place::Unified, address)
}

/// `cuMemcpy`
pub(crate) extern "C" fn unified(to: usize, from: usize, len: usize) -> CuResult {
    call(Function::cuMemcpy, || {
        copy_1d(any(to), any(from), len, None)
    })
}

/// `cuMemcpyAsync`
pub(crate) extern "C" fn unified_async(
    to: usize,
    from: usize,
    len: usize,
    stream: usize,
) -> CuResult {
    call(Function::cuMemcpyAsync, || {
        copy_1d(any(to), any(from), len, Some(stream))
    })
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
