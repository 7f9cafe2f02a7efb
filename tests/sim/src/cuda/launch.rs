//! `cuLaunchKernel`.

use std::ffi::{c_uint, c_void};

use super::error::{CudaError, ILLEGAL_ADDRESS, INVALID_HANDLE, INVALID_VALUE, NOT_SUPPORTED};
use super::module::{self, Kernel};
use super::ptx::Param;
use super::twins::Launch;
use super::work::{Command, Slot, Stray};
use super::{CuResult, call, context, object, stream};
use crate::functions::Function;
use crate::rule::Rule;
use crate::stats::{COUNTERS, add};

const MAX_BLOCK: u64 = 1024;
/// Keys of `extra`: end, buffer, size of the buffer.
const EXTRA_END: usize = 0;
const EXTRA_BUFFER: usize = 1;
const EXTRA_SIZE: usize = 2;

/// Where the caller's parameter values are.
#[derive(Clone, Copy, Debug)]
enum Values {
    /// A pointer to each.
    Each(*const *const u8),
    /// All in one buffer, laid out as the kernel sees them.
    Packed(*const u8),
}

/// `cuLaunchKernel`
///
/// # Safety
///
/// `params`, if not null, has a readable pointer to each parameter that the kernel's PTX
/// declares; `extra`, if not null, is a list as the driver's documentation has it.
pub(crate) unsafe extern "C" fn launch_kernel(
    function: usize,
    grid_x: c_uint,
    grid_y: c_uint,
    grid_z: c_uint,
    block_x: c_uint,
    block_y: c_uint,
    block_z: c_uint,
    shared_bytes: c_uint,
    stream: usize,
    params: *const *const u8,
    extra: *const *const c_void,
) -> CuResult {
    call(Function::cuLaunchKernel, || {
        let context = context::current()?;
        let kernel = module::find_kernel(function)?;
        let stream = stream::find(stream)?;
        if kernel.context != context.handle {
            return Err(INVALID_HANDLE);
        }
        let (grid, block) = ([grid_x, grid_y, grid_z], [block_x, block_y, block_z]);
        let threads: u64 = block.iter().map(|n| u64::from(*n)).product();
        if grid.contains(&0) || threads == 0 || threads > MAX_BLOCK || grid_y.max(grid_z) > 65535 {
            return Err(INVALID_VALUE);
        }
        // SAFETY: by this function's contract.
        let values = unsafe { values(&kernel, params, extra) }?;
        let Some(twin) = kernel.twin else {
            crate::log::unsupported(format_args!(
                "kernel {0}: no library of NVMM_SIM_KERNELS has a host twin nvmm_twin_{0}",
                kernel.entry.name
            ));
            return Err(NOT_SUPPORTED);
        };
        let mut stray = None;
        stream.enqueue(|slot| {
            // SAFETY: by this function's contract.
            unsafe { copy(slot, &kernel, values) };
            stray = slot.uses_params(kernel.entry.param_bytes(), context.handle);
            if stray.is_none() {
                let launch = Launch {
                    grid,
                    block,
                    shared_bytes,
                    object: object::of_running,
                };
                let context = context.handle;
                slot.command = Command::Launch {
                    twin,
                    launch,
                    context,
                };
            }
        });
        add(&COUNTERS.launches, 1);
        add(&crate::threads::current().launches, 1);
        if let Some(stray) = stray {
            // As on the GPU: the launch is accepted, what comes after fails.
            context.poison(ILLEGAL_ADDRESS);
            report(stray, &kernel.entry.name);
        }
        Ok(())
    })
}

/// Says what a kernel was given and must not use.
fn report(stray: Stray, kernel: &str) {
    match stray {
        Stray::Surface(address) => crate::log::violation(
            Rule::UnregisteredSurface,
            format_args!(
                "kernel {kernel}: {address:#x} is in a surface that is not registered (any more)"
            ),
        ),
        Stray::Object(handle) => crate::log::line(format_args!(
            "kernel {kernel}: the memory of object {handle:#x} is gone, or of another context"
        )),
    }
}

/// Finds out where the values are.
///
/// # Safety
///
/// As [`launch_kernel`].
unsafe fn values(
    kernel: &Kernel,
    params: *const *const u8,
    extra: *const *const c_void,
) -> Result<Values, CudaError> {
    if extra.is_null() {
        if params.is_null() && !kernel.entry.params.is_empty() {
            return Err(INVALID_VALUE);
        }
        return Ok(Values::Each(params));
    }
    if !params.is_null() {
        return Err(INVALID_VALUE);
    }
    let (mut buffer, mut size, mut at) = (None, None, extra);
    loop {
        // SAFETY: inside the list, whose end was not met yet.
        let key = unsafe { at.read() }.addr();
        if key == EXTRA_END {
            break;
        }
        // SAFETY: every key but the end has a value.
        let value = unsafe { *at.wrapping_add(1) };
        match key {
            EXTRA_BUFFER => buffer = Some(value),
            // SAFETY: the value of this key points to a size.
            EXTRA_SIZE => size = unsafe { value.cast::<usize>().as_ref() }.copied(),
            _ => return Err(INVALID_VALUE),
        }
        at = at.wrapping_add(2);
    }
    match buffer.zip(size) {
        Some((buffer, size)) if size >= kernel.entry.param_bytes() && !buffer.is_null() => {
            Ok(Values::Packed(buffer.cast()))
        }
        _ => Err(INVALID_VALUE),
    }
}

/// Copies the values into a slot.
///
/// # Safety
///
/// As [`launch_kernel`].
unsafe fn copy(slot: &mut Slot, kernel: &Kernel, values: Values) {
    let params = slot.params_mut();
    params.len = kernel.entry.params.len();
    for (i, Param { offset, size }) in kernel.entry.params.iter().copied().enumerate() {
        let source = match values {
            // SAFETY: there is a pointer for each parameter, by this function's contract.
            Values::Each(list) => unsafe { *list.wrapping_add(i) },
            Values::Packed(buffer) => buffer.wrapping_add(offset),
        };
        let dest = &mut params.bytes[offset..offset + size];
        // SAFETY: `size` readable bytes by this function's contract; `dest` is ours.
        unsafe { std::ptr::copy_nonoverlapping(source, dest.as_mut_ptr(), size) };
        // At most MAX_PARAM_BYTES, which the PTX parser checked.
        params.offsets[i] = offset as u16;
    }
}
