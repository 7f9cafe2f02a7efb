//! What the driver knows of an address: `cuPointerGetAttribute*`, `cuMemGetAddressRange`.

use std::ffi::{c_int, c_uint, c_void};

use super::error::{CudaError, INVALID_VALUE, NOT_FOUND, NOT_SUPPORTED};
use super::{CuResult, Out, call, context, memory, put_if};
use crate::functions::Function;
use crate::region::{self, Kind, Region};
use crate::release;

/// An answer, of the type that the attribute has.
#[derive(Clone, Copy, Debug)]
enum Answer {
    Byte(u8),
    Int(c_uint),
    Word(u64),
}

impl Answer {
    /// Writes it.
    ///
    /// # Safety
    ///
    /// `out` has room for the type of the attribute.
    unsafe fn write(self, out: *mut c_void) {
        match self {
            // SAFETY: by this function's contract.
            Self::Byte(value) => unsafe { out.cast::<u8>().write_unaligned(value) },
            // SAFETY: by this function's contract.
            Self::Int(value) => unsafe { out.cast::<c_uint>().write_unaligned(value) },
            // SAFETY: by this function's contract.
            Self::Word(value) => unsafe { out.cast::<u64>().write_unaligned(value) },
        }
    }

    fn zero(self) -> Self {
        match self {
            Self::Byte(_) => Self::Byte(0),
            Self::Int(_) => Self::Int(0),
            Self::Word(_) => Self::Word(0),
        }
    }
}

/// An attribute of an address. Of an address that is not known, what the same call would give of
/// another: that tells the type.
fn answer(attribute: c_uint, address: usize, region: Option<&Region>) -> Result<Answer, CudaError> {
    let kind = region.map_or(Kind::Device, Region::kind);
    let base = region.map_or(0, Region::base);
    let is_host = kind.is_host();
    let word = |n: usize| Answer::Word(n as u64);
    let yes = |is: bool| Answer::Byte(u8::from(is));
    Ok(match attribute {
        // The context: of a frame that of whoever asks.
        1 => word(match memory::find(base) {
            Some(known) => known.context,
            None => context::current()?.handle,
        }),
        // Host or device.
        2 => Answer::Int(if is_host { 1 } else { 2 }),
        // The address for the GPU.
        3 => word(address),
        // The address for the CPU.
        4 if kind.is_open() => word(address),
        4 => return Err(INVALID_VALUE),
        // Whether copies are synchronous, a number of the memory's own, managed, device.
        6 => yes(false),
        7 => word(base),
        8 => yes(kind == Kind::Managed),
        9 => Answer::Int(0),
        // IPC (since 10.2, as those that follow), range, mapped.
        10..=13 if release::current().cuda < 10020 => return Err(INVALID_VALUE),
        10 => yes(false),
        11 => word(base),
        12 => word(region.map_or(0, Region::size)),
        13 => yes(true),
        5 | 14..=20 => return Err(NOT_SUPPORTED),
        _ => return Err(INVALID_VALUE),
    })
}

/// `cuPointerGetAttribute`
///
/// # Safety
///
/// `out` is null or has room for the type of the attribute.
pub(crate) unsafe extern "C" fn get_attribute(
    out: *mut c_void,
    attribute: c_uint,
    address: usize,
) -> CuResult {
    call(Function::cuPointerGetAttribute, || {
        context::current()?;
        let region = region::find(address).ok_or(INVALID_VALUE)?;
        if out.is_null() || !region.is_reachable() {
            return Err(INVALID_VALUE);
        }
        let answer = answer(attribute, address, Some(&region))?;
        // SAFETY: not null, and as large by this function's contract.
        unsafe { answer.write(out) };
        Ok(())
    })
}

/// `cuPointerGetAttributes`: an unknown address is no error, all that is said of it is 0 (of the
/// device: -2).
///
/// # Safety
///
/// `attributes` and `outs` are null or have `count` entries, the latter each with room for the type
/// of its attribute.
pub(crate) unsafe extern "C" fn get_attributes(
    count: c_uint,
    attributes: *const c_uint,
    outs: *const *mut c_void,
    address: usize,
) -> CuResult {
    call(Function::cuPointerGetAttributes, || {
        context::current()?;
        if attributes.is_null() || outs.is_null() || count == 0 {
            return Err(INVALID_VALUE);
        }
        let region = region::find(address).filter(|region| region.is_reachable());
        for i in 0..count as usize {
            // SAFETY: one of the `count` entries by this function's contract.
            let attribute = unsafe { attributes.wrapping_add(i).read() };
            // SAFETY: as above.
            let out = unsafe { outs.wrapping_add(i).read() };
            if out.is_null() {
                return Err(INVALID_VALUE);
            }
            let answer = match (&region, answer(attribute, address, region.as_deref())) {
                (Some(_), Ok(answer)) => answer,
                (None, Ok(_)) if attribute == 9 => Answer::Int(UNKNOWN_DEVICE.cast_unsigned()),
                (None, Ok(answer)) => answer.zero(),
                // Memory that the CPU does not reach has no address for it.
                (_, Err(_)) if attribute == 4 => Answer::Word(0),
                (_, Err(error)) => return Err(error),
            };
            // SAFETY: not null, and as large by this function's contract.
            unsafe { answer.write(out) };
        }
        Ok(())
    })
}

/// `CU_DEVICE_INVALID`
const UNKNOWN_DEVICE: c_int = -2;

/// `cuMemGetAddressRange_v2`
pub(crate) extern "C" fn get_address_range(
    base: Out<'_, usize>,
    size: Out<'_, usize>,
    address: usize,
) -> CuResult {
    call(Function::cuMemGetAddressRange_v2, || {
        context::current()?;
        let region = region::find(address).filter(|region| region.is_reachable());
        let region = region.ok_or(NOT_FOUND)?;
        put_if(base, region.base());
        put_if(size, region.size());
        Ok(())
    })
}
