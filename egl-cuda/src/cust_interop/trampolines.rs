//! The Rust side of `trampolines/cu.S`: finds a driver function at its first call.

use std::ffi::{CStr, c_char, c_int, c_uint, c_void};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicPtr, Ordering};

use crate::code;
use crate::driver::Library;
use crate::sys::{
    CUDA_ERROR_INVALID_VALUE, CUDA_ERROR_NO_DEVICE, CUDA_ERROR_NOT_SUPPORTED,
    CUDA_ERROR_PRIMARY_CONTEXT_ACTIVE, CUDA_SUCCESS, CUdevice, CUresult,
};

/// An entry of the table in `cu.S`, in its layout.
#[repr(C)]
struct Entry {
    target: AtomicPtr<c_void>,
    name: *const c_char,
}

/// Gives the function that the trampoline `entry` is to jump to, and writes it into the entry if
/// it is final. Without a driver it is not: the next call looks again.
///
/// The assembler file declares this symbol hidden, so that it leaves no library.
///
/// # Safety
///
/// `entry` is an entry of the table in `cu.S`.
#[unsafe(no_mangle)]
unsafe extern "C" fn egl_cuda_resolve(entry: *const Entry) -> *const c_void {
    // SAFETY: by this function's contract; the table is static and its only writes are atomic.
    let entry = unsafe { &*entry };
    // SAFETY: the table's names are static strings with a NUL.
    let name = unsafe { CStr::from_ptr(entry.name) };
    let Ok(library) = Library::get() else {
        return substitute(name, no_driver);
    };
    let target = find(library, name).unwrap_or_else(|| substitute(name, not_supported));
    entry.target.store(target.cast_mut(), Ordering::Release);
    target
}

/// The function of that name, else of the name before its `_v2`.
///
/// Where `_v2` changed a function's arguments the driver has had it since CUDA 3.2 to 6.5, older
/// than anything this crate runs on. What a driver of CUDA 8 to 10 can lack are names such as
/// cuDevicePrimaryCtxRelease_v2 (CUDA 11), whose arguments are those of the plain name. One of them
/// does more than its plain name did: [`set_flags`].
fn find(library: &Library, name: &CStr) -> Option<*const c_void> {
    let address = library.symbol(name).or_else(|| {
        if name == c"cuDevicePrimaryCtxSetFlags_v2" {
            return NonNull::new(set_flags as *mut c_void);
        }
        let plain = name.to_bytes().strip_suffix(b"_v2")?;
        // Once per missing function, never per call.
        let plain = std::ffi::CString::new(plain).ok()?;
        library.symbol(&plain)
    })?;
    Some(address.as_ptr().cast_const())
}

/// `cuDevicePrimaryCtxSetFlags_v2` for a driver that has it without `_v2` only: that one refuses while
/// anybody holds the context, which `cust::quick_init` always does when it asks. To ask for the flags
/// that are set already is no mistake, as it is none with `_v2`; others are the driver's refusal.
unsafe extern "C" fn set_flags(device: CUdevice, flags: c_uint) -> CUresult {
    type SetFlags = unsafe extern "C" fn(CUdevice, c_uint) -> CUresult;
    type GetState = unsafe extern "C" fn(CUdevice, *mut c_uint, *mut c_int) -> CUresult;
    let Ok(library) = Library::get() else {
        return CUDA_ERROR_NO_DEVICE;
    };
    let Some(set) = library.symbol(c"cuDevicePrimaryCtxSetFlags") else {
        return CUDA_ERROR_NOT_SUPPORTED;
    };
    // SAFETY: libcuda's function of this name has this C prototype, and the library is never closed.
    let set = unsafe { std::mem::transmute::<*mut c_void, SetFlags>(set.as_ptr()) };
    // SAFETY: both are plain numbers, which the driver checks.
    let code = unsafe { set(device, flags) };
    if code != CUDA_ERROR_PRIMARY_CONTEXT_ACTIVE {
        return code;
    }
    let Some(state) = library.symbol(c"cuDevicePrimaryCtxGetState") else {
        return code;
    };
    // SAFETY: as for the function above.
    let state = unsafe { std::mem::transmute::<*mut c_void, GetState>(state.as_ptr()) };
    let (mut set_already, mut is_active) = (0, 0);
    // SAFETY: both pointers are to live numbers.
    match unsafe { state(device, &raw mut set_already, &raw mut is_active) } {
        CUDA_SUCCESS if set_already == flags => CUDA_SUCCESS,
        _ => code,
    }
}

/// What stands in for a function that is not there. C callers may pass it more arguments than it
/// takes, on both architectures of `cu.S`.
fn substitute(name: &CStr, otherwise: extern "C" fn() -> CUresult) -> *const c_void {
    match name.to_bytes() {
        // cust cannot print an error without these.
        b"cuGetErrorName" => error_name as *const c_void,
        b"cuGetErrorString" => error_string as *const c_void,
        _ => otherwise as *const c_void,
    }
}

extern "C" fn no_driver() -> CUresult {
    CUDA_ERROR_NO_DEVICE
}

extern "C" fn not_supported() -> CUresult {
    CUDA_ERROR_NOT_SUPPORTED
}

unsafe extern "C" fn error_name(code: CUresult, out: *mut *const c_char) -> CUresult {
    let text = code::known(code).map_or(c"CUDA_ERROR", |(name, _)| name);
    // SAFETY: as for the driver's function, `out` is null or where the caller wants the pointer.
    unsafe { give(text, out) }
}

unsafe extern "C" fn error_string(code: CUresult, out: *mut *const c_char) -> CUresult {
    let text = code::known(code).map_or(c"CUDA error, and no driver to name it", |(_, text)| text);
    // SAFETY: as for the driver's function, `out` is null or where the caller wants the pointer.
    unsafe { give(text, out) }
}

/// # Safety
///
/// `out` is null or valid for a write.
unsafe fn give(text: &'static CStr, out: *mut *const c_char) -> CUresult {
    if out.is_null() {
        return CUDA_ERROR_INVALID_VALUE;
    }
    // SAFETY: not null, and by this function's contract valid for a write.
    unsafe { out.write(text.as_ptr()) };
    CUDA_SUCCESS
}
