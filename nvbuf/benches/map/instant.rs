//! The platform's libnvbufsurface, whose maps can be made to do no work.

use std::ffi::{CStr, c_int, c_uint, c_void};
use std::path::{Path, PathBuf};
use std::ptr::{NonNull, null_mut};
use std::sync::OnceLock;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicPtr};

use nvbuf::sys::extended::NvBufSurfaceCreateParams;
use nvbuf::sys::prefix::NvBufSurface;
use nvbuf::sys::{DIRECTORIES, Functions, Library, PATH_VARIABLE};

static PLATFORM: OnceLock<Library> = OnceLock::new();
static WITHOUT_WORK: AtomicBool = AtomicBool::new(false);
/// What is "mapped"; the benchmark looks at no pixel.
static PIXELS: [u64; 64] = [0; 64];
/// The surface that was created last.
static LAST: AtomicPtr<NvBufSurface> = AtomicPtr::new(null_mut());

fn functions() -> &'static Functions {
    PLATFORM.get().expect("installed").functions()
}

extern "C" fn create(
    surface: *mut *mut NvBufSurface,
    batch: u32,
    params: *mut NvBufSurfaceCreateParams,
) -> c_int {
    // SAFETY: the caller's arguments.
    let ret = unsafe { (functions().create)(surface, batch, params) };
    // SAFETY: the caller's pointer to a pointer.
    LAST.store(unsafe { *surface }, Relaxed);
    ret
}

/// The surface that was created last, as the library gave it. [`nvbuf::Surface::as_ptr`] would end its
/// slices.
pub(super) fn last() -> *mut NvBufSurface {
    LAST.load(Relaxed)
}

extern "C" fn map(surface: *mut NvBufSurface, index: c_int, plane: c_int, flags: c_uint) -> c_int {
    if !WITHOUT_WORK.load(Relaxed) {
        // SAFETY: the caller's arguments.
        return unsafe { (functions().map)(surface, index, plane, flags) };
    }
    // SAFETY: the caller's surface, which has a buffer.
    let params = unsafe { (*surface).surfaceList };
    let pixels = (&raw const PIXELS).cast_mut().cast::<c_void>();
    // SAFETY: as above; the benchmark's planes are 0 and 1.
    unsafe { (*params).mappedAddr.addr[plane as usize] = pixels };
    0
}

extern "C" fn unmap(surface: *mut NvBufSurface, index: c_int, plane: c_int) -> c_int {
    if WITHOUT_WORK.load(Relaxed) {
        return 0;
    }
    // SAFETY: the caller's arguments.
    unsafe { (functions().unmap)(surface, index, plane) }
}

extern "C" fn sync_for_cpu(surface: *mut NvBufSurface, index: c_int, plane: c_int) -> c_int {
    if WITHOUT_WORK.load(Relaxed) {
        return 0;
    }
    // SAFETY: the caller's arguments.
    unsafe { (functions().sync_for_cpu)(surface, index, plane) }
}

extern "C" fn sync_for_device(surface: *mut NvBufSurface, index: c_int, plane: c_int) -> c_int {
    if WITHOUT_WORK.load(Relaxed) {
        return 0;
    }
    // SAFETY: the caller's arguments.
    unsafe { (functions().sync_for_device)(surface, index, plane) }
}

fn resolve(name: &CStr) -> Option<NonNull<c_void>> {
    let f = functions();
    let address = match name.to_str().ok()? {
        "NvBufSurfaceMap" => map as *const (),
        "NvBufSurfaceUnMap" => unmap as *const (),
        "NvBufSurfaceSyncForCpu" => sync_for_cpu as *const (),
        "NvBufSurfaceSyncForDevice" => sync_for_device as *const (),
        "NvBufSurfaceCreate" => create as *const (),
        "NvBufSurfaceDestroy" => f.destroy as *const (),
        "NvBufSurfaceCopy" => f.copy as *const (),
        "NvBufSurfaceFromFd" => f.from_fd as *const (),
        "NvBufSurfaceMemSet" => f.mem_set as *const (),
        "NvBufSurfaceMapEglImage" => f.map_egl_image as *const (),
        "NvBufSurfaceUnMapEglImage" => f.unmap_egl_image as *const (),
        _ => return None,
    };
    NonNull::new(address.cast_mut().cast())
}

/// Makes it the process's library.
pub(super) fn install() {
    let named = std::env::var_os(PATH_VARIABLE).unwrap_or_default();
    let known = DIRECTORIES
        .iter()
        .map(|directory| Path::new(directory).to_owned());
    let mut directories = std::env::split_paths(&named).chain(known);
    let opened = directories.find_map(|directory: PathBuf| Library::open_in(&directory).ok());
    PLATFORM
        .set(opened.expect("a libnvbufsurface; ci/sim.sh finds one"))
        .expect("once");
    // SAFETY: each name gets its function, of the same prototype.
    let library = unsafe { Library::from_resolver(resolve) };
    library.unwrap().install().expect("nobody asked before");
}

/// Runs something while maps do no work. What it maps it unmaps.
pub(super) fn without_work(run: impl FnOnce()) {
    WITHOUT_WORK.store(true, Relaxed);
    run();
    WITHOUT_WORK.store(false, Relaxed);
}
