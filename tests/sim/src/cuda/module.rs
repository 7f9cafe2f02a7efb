//! Modules from PTX text, and their functions.

use std::ffi::{c_char, c_int, c_uint, c_void};
use std::sync::Arc;

use super::error::{
    CudaError, FILE_NOT_FOUND, INVALID_HANDLE, INVALID_IMAGE, INVALID_VALUE, NO_BINARY_FOR_GPU,
    NOT_FOUND,
};
use super::model::{MAX_BLOCK_THREADS, SHARED_MEMORY};
use super::ptx::{self, Entry};
use super::twins::{self, Twin};
use super::{CuResult, Out, call, context, device, put};
use crate::functions::Function;
use crate::report::text;
use crate::table::Table;

/// Registers of a thread, of every kernel.
pub(crate) const NUM_REGISTERS: u32 = 32;

#[derive(Debug)]
struct Module {
    context: usize,
    entries: Vec<Entry>,
}

/// A function of a module.
#[derive(Debug)]
pub(crate) struct Kernel {
    module: usize,
    pub(crate) context: usize,
    pub(crate) entry: Entry,
    pub(crate) twin: Option<Twin>,
}

static MODULES: Table<Module> = Table::new();
static KERNELS: Table<Kernel> = Table::new();

/// A live function.
pub(crate) fn find_kernel(handle: usize) -> Result<Arc<Kernel>, CudaError> {
    KERNELS.get(handle).ok_or(INVALID_HANDLE)
}

/// Drops the modules of a context.
pub(crate) fn context_gone(context: usize) {
    MODULES.lock().retain(|_, module| module.context != context);
    KERNELS.lock().retain(|_, kernel| kernel.context != context);
}

/// `cuModuleLoadData`
///
/// # Safety
///
/// `image` is null or begins a C string: PTX text, or a binary image with a zero in its header.
pub(crate) unsafe extern "C" fn load_data(out: Out<'_, usize>, image: *const c_char) -> CuResult {
    // SAFETY: by this function's contract.
    call(Function::cuModuleLoadData, || unsafe { load(out, image) })
}

/// `cuModuleLoadDataEx`: the options are about the compiler that is not here.
///
/// # Safety
///
/// As [`load_data`].
pub(crate) unsafe extern "C" fn load_data_ex(
    out: Out<'_, usize>,
    image: *const c_char,
    count: c_uint,
    options: *const c_int,
    values: *const *mut c_void,
) -> CuResult {
    call(Function::cuModuleLoadDataEx, || {
        if count > 0 && (options.is_null() || values.is_null()) {
            return Err(INVALID_VALUE);
        }
        // SAFETY: by this function's contract.
        unsafe { load(out, image) }
    })
}

/// Loads an image into the current context.
///
/// # Safety
///
/// As [`load_data`].
unsafe fn load(out: Out<'_, usize>, image: *const c_char) -> Result<(), CudaError> {
    let context = context::current()?.handle;
    let out = out.ok_or(INVALID_VALUE)?;
    if image.is_null() {
        return Err(INVALID_VALUE);
    }
    // SAFETY: not null, hence a C string by this function's contract.
    let bytes = unsafe { std::ffi::CStr::from_ptr(image) }.to_bytes();
    out.write(load_bytes(context, bytes)?);
    Ok(())
}

fn load_bytes(context: usize, bytes: &[u8]) -> Result<usize, CudaError> {
    if bytes.starts_with(b"\x7fELF") || bytes.starts_with(&[0x50, 0xed, 0x55, 0xba]) {
        crate::log::unsupported(format_args!("cubin and fatbin modules: only PTX text"));
        return Err(NO_BINARY_FOR_GPU);
    }
    let entries = ptx::parse(std::str::from_utf8(bytes).map_err(|_| INVALID_IMAGE)?)?;
    Ok(MODULES.add(Arc::new(Module { context, entries })))
}

/// `cuModuleLoad`: a file of PTX text.
///
/// # Safety
///
/// `path` is null or a C string.
pub(crate) unsafe extern "C" fn load_file(out: Out<'_, usize>, path: *const c_char) -> CuResult {
    call(Function::cuModuleLoad, || {
        let context = context::current()?.handle;
        let out = out.ok_or(INVALID_VALUE)?;
        // SAFETY: by this function's contract.
        let path = unsafe { text(path) }.ok_or(INVALID_VALUE)?;
        let bytes = std::fs::read(path).map_err(|_| FILE_NOT_FOUND)?;
        let end = bytes.iter().position(|byte| *byte == 0);
        out.write(load_bytes(context, &bytes[..end.unwrap_or(bytes.len())])?);
        Ok(())
    })
}

/// `cuModuleGetGlobal_v2`: modules have no globals here.
///
/// # Safety
///
/// `name` is null or a C string.
pub(crate) unsafe extern "C" fn get_global(
    _address: Out<'_, usize>,
    _size: Out<'_, usize>,
    module: usize,
    name: *const c_char,
) -> CuResult {
    call(Function::cuModuleGetGlobal_v2, || {
        context::current()?;
        MODULES.get(module).ok_or(INVALID_HANDLE)?;
        // SAFETY: by this function's contract.
        unsafe { text(name) }.ok_or(INVALID_VALUE)?;
        Err(NOT_FOUND)
    })
}

/// `cuModuleUnload`
pub(crate) extern "C" fn unload(handle: usize) -> CuResult {
    call(Function::cuModuleUnload, || {
        context::end(|_| {
            MODULES.remove(handle).ok_or(INVALID_HANDLE)?;
            KERNELS.lock().retain(|_, kernel| kernel.module != handle);
            Ok(())
        })
    })
}

/// `cuModuleGetFunction`
///
/// # Safety
///
/// `name` is null or a C string.
pub(crate) unsafe extern "C" fn get_function(
    out: Out<'_, usize>,
    module: usize,
    name: *const c_char,
) -> CuResult {
    call(Function::cuModuleGetFunction, || {
        context::current()?;
        let out = out.ok_or(INVALID_VALUE)?;
        // SAFETY: by this function's contract.
        let name = unsafe { text(name) }.ok_or(INVALID_VALUE)?;
        let found = MODULES.get(module).ok_or(INVALID_HANDLE)?;
        let entry = found
            .entries
            .iter()
            .find(|e| e.name == name)
            .ok_or(NOT_FOUND)?;
        // A module gives the same handle for the same name each time.
        let known = |kernel: &Kernel| kernel.module == module && kernel.entry.name == name;
        let handle = KERNELS
            .lock()
            .iter()
            .find(|(_, k)| known(k))
            .map(|(handle, _)| *handle);
        out.write(handle.unwrap_or_else(|| {
            let (context, entry) = (found.context, entry.clone());
            KERNELS.add(Arc::new(Kernel {
                module,
                context,
                entry,
                twin: twins::find(name),
            }))
        }));
        Ok(())
    })
}

/// `cuFuncGetAttribute`
pub(crate) extern "C" fn get_attribute(
    out: Out<'_, c_int>,
    attribute: c_int,
    function: usize,
) -> CuResult {
    call(Function::cuFuncGetAttribute, || {
        context::current()?;
        find_kernel(function)?;
        let (major, minor) = device::gpu().compute_capability();
        put(
            out,
            match attribute {
                // Threads of a block, registers.
                0 => MAX_BLOCK_THREADS.cast_signed(),
                4 => NUM_REGISTERS.cast_signed(),
                // PTX and binary version, dynamic shared memory.
                5 | 6 => major * 10 + minor,
                8 => SHARED_MEMORY.cast_signed(),
                9 => -1,
                1..=3 | 7 => 0,
                _ => return Err(INVALID_VALUE),
            },
        )
    })
}

/// `cuFuncSetCacheConfig`
pub(crate) extern "C" fn set_cache_config(function: usize, config: c_uint) -> CuResult {
    call(Function::cuFuncSetCacheConfig, || {
        context::current()?;
        find_kernel(function)?;
        if config > 3 {
            Err(INVALID_VALUE)
        } else {
            Ok(())
        }
    })
}

/// `cuFuncSetSharedMemConfig`
pub(crate) extern "C" fn set_shared_mem_config(function: usize, config: c_uint) -> CuResult {
    call(Function::cuFuncSetSharedMemConfig, || {
        context::current()?;
        find_kernel(function)?;
        if config > 2 {
            Err(INVALID_VALUE)
        } else {
            Ok(())
        }
    })
}
