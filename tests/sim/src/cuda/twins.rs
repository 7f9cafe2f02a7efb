//! Host twins of kernels: functions of shared objects that `NVMM_SIM_KERNELS` names.

use std::ffi::{CString, c_int, c_void};
use std::mem::MaybeUninit;
use std::sync::OnceLock;

use super::resource::View;

/// `nvmm_sim_launch` of `include/nvmm_sim_kernel.h`.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct Launch {
    pub(crate) grid: [u32; 3],
    pub(crate) block: [u32; 3],
    pub(crate) shared_bytes: u32,
    pub(crate) object: extern "C" fn(u64, Option<&mut MaybeUninit<View>>) -> c_int,
}

/// The host twin of a kernel.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Twin(unsafe extern "C" fn(*const Launch, *const *mut c_void));

impl Twin {
    /// Runs it over the whole grid; `params[i]` points to the i-th parameter.
    pub(crate) fn run(self, launch: &Launch, params: &[*mut c_void]) {
        // SAFETY: by the header's contract the twin takes these; parameters were copied with the
        // sizes that its PTX declares, and the regions that they point into are open.
        unsafe { self.0(launch, params.as_ptr()) };
    }
}

/// Looks for `nvmm_twin_NAME` in the twin libraries, in their order.
pub(crate) fn find(entry: &str) -> Option<Twin> {
    let name = CString::new(format!("nvmm_twin_{entry}")).ok()?;
    libraries().iter().find_map(|library| {
        let handle = std::ptr::with_exposed_provenance_mut(*library);
        // SAFETY: a handle from dlopen that is never closed, and a C string.
        let address = unsafe { libc::dlsym(handle, name.as_ptr()) };
        if address.is_null() {
            return None;
        }
        // SAFETY: a function of this name has this prototype: `include/nvmm_sim_kernel.h`.
        Some(Twin(unsafe {
            std::mem::transmute::<
                *mut c_void,
                unsafe extern "C" fn(*const Launch, *const *mut c_void),
            >(address)
        }))
    })
}

/// The twin libraries, opened at the first use.
fn libraries() -> &'static [usize] {
    static LIBRARIES: OnceLock<Vec<usize>> = OnceLock::new();
    LIBRARIES.get_or_init(|| {
        let mut handles = Vec::new();
        for path in &crate::config::get().kernels {
            let Some(c_path) = crate::report::c_path(path) else {
                continue;
            };
            // SAFETY: runs the initialisers of a library that the user named for this.
            let handle =
                unsafe { libc::dlopen(c_path.as_ptr(), libc::RTLD_NOW | libc::RTLD_LOCAL) };
            if handle.is_null() {
                // SAFETY: takes nothing; gives this thread's last failure.
                let why = unsafe { libc::dlerror() };
                // SAFETY: null or a C string that lives until the next dl call of this thread.
                let why = unsafe { crate::report::text(why) };
                crate::log::line(format_args!(
                    "NVMM_SIM_KERNELS: {}: {}",
                    path.display(),
                    why.unwrap_or("cannot be opened")
                ));
                continue;
            }
            handles.push(handle.expose_provenance());
        }
        handles
    })
}
