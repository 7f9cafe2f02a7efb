//! The one device: a TX2's GPU.

use std::ffi::{c_char, c_int, c_uint};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use super::error::{CudaError, INVALID_DEVICE, INVALID_VALUE};
use super::{CuResult, Out, call, call_any_time, put};
use crate::functions::Function;

const NAME: &[u8] = b"NVIDIA Tegra X2 (simulated)\0";
/// CUDA 10.2.
const VERSION: c_int = 10020;
/// 8 GiB less what firmware takes.
pub(crate) const TOTAL_MEMORY: usize = 0x1_eb00_0000;

static INITIALISED: AtomicBool = AtomicBool::new(false);

pub(crate) fn is_initialised() -> bool {
    INITIALISED.load(SeqCst)
}

pub(crate) fn check(device: c_int) -> Result<(), CudaError> {
    if device == 0 {
        Ok(())
    } else {
        Err(INVALID_DEVICE)
    }
}

/// `cuInit`
pub(crate) extern "C" fn init(flags: c_uint) -> CuResult {
    call_any_time(Function::cuInit, || {
        if flags != 0 {
            return Err(INVALID_VALUE);
        }
        INITIALISED.store(true, SeqCst);
        Ok(())
    })
}

/// `cuDriverGetVersion`
pub(crate) extern "C" fn driver_get_version(version: Out<'_, c_int>) -> CuResult {
    call_any_time(Function::cuDriverGetVersion, || put(version, VERSION))
}

/// `cuDeviceGetCount`
pub(crate) extern "C" fn get_count(count: Out<'_, c_int>) -> CuResult {
    call(Function::cuDeviceGetCount, || put(count, 1))
}

/// `cuDeviceGet`
pub(crate) extern "C" fn get(device: Out<'_, c_int>, ordinal: c_int) -> CuResult {
    call(Function::cuDeviceGet, || {
        check(ordinal)?;
        put(device, 0)
    })
}

/// `cuDeviceGetName`
///
/// # Safety
///
/// `name` is null or has `len` writable bytes.
pub(crate) unsafe extern "C" fn get_name(name: *mut c_char, len: c_int, device: c_int) -> CuResult {
    call(Function::cuDeviceGetName, || {
        check(device)?;
        let len = usize::try_from(len)
            .ok()
            .filter(|len| *len > 0)
            .ok_or(INVALID_VALUE)?;
        if name.is_null() {
            return Err(INVALID_VALUE);
        }
        let n = len.min(NAME.len());
        // SAFETY: `n` is within both; they do not overlap, one being ours and constant.
        unsafe { std::ptr::copy_nonoverlapping(NAME.as_ptr(), name.cast(), n) };
        // SAFETY: the last of the bytes just written.
        unsafe { *name.wrapping_add(n - 1) = 0 };
        Ok(())
    })
}

/// `cuDeviceGetUuid`
pub(crate) extern "C" fn get_uuid(uuid: Out<'_, [u8; 16]>, device: c_int) -> CuResult {
    call(Function::cuDeviceGetUuid, || {
        check(device)?;
        put(uuid, *b"nvmm-sim tegrax2")
    })
}

/// `cuDeviceTotalMem_v2`
pub(crate) extern "C" fn total_mem(bytes: Out<'_, usize>, device: c_int) -> CuResult {
    call(Function::cuDeviceTotalMem_v2, || {
        check(device)?;
        put(bytes, TOTAL_MEMORY)
    })
}

/// `cuDeviceGetAttribute`
pub(crate) extern "C" fn get_attribute(
    value: Out<'_, c_int>,
    attribute: c_int,
    device: c_int,
) -> CuResult {
    call(Function::cuDeviceGetAttribute, || {
        check(device)?;
        let answer = match attribute {
            // Threads of a block; block and grid sides.
            1..=3 => 1024,
            4 => 64,
            5 => i32::MAX,
            6 | 7 => 65535,
            // Shared and constant memory, warp size, pitch, registers.
            8 => 49152,
            9 => 65536,
            10 => 32,
            11 => i32::MAX,
            12 => 32768,
            // Clock in kHz, texture alignment, overlap, multiprocessors.
            13 => 1_300_500,
            14 => 512,
            15 => 1,
            16 => 2,
            // Integrated, can map host memory, concurrent kernels.
            18 | 19 | 31 => 1,
            // Memory clock and bus, L2, threads of a multiprocessor, engines, unified addressing.
            36 => 1_600_000,
            37 => 128,
            38 => 524_288,
            39 => 2048,
            40 | 41 => 1,
            // Compute capability 6.2.
            75 => 6,
            76 => 2,
            // Stream priorities, shared memory and registers of a multiprocessor, managed memory.
            78 | 83 => 1,
            81 => 65536,
            82 => 32768,
            // The rest of what 10.2 knows.
            other if (1..=101).contains(&other) => 0,
            _ => return Err(INVALID_VALUE),
        };
        put(value, answer)
    })
}
