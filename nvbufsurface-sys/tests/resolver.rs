//! A program that has the functions itself, as one that is linked statically: a resolver gives them.

use std::ffi::{CStr, c_int, c_void};
use std::ptr::{NonNull, from_mut, null_mut};

use nvbufsurface_sys::extended::NvBufSurfaceCreateParams;
use nvbufsurface_sys::{Family, Functions, Library, LoadError, classic, prefix};

unsafe extern "C" fn create(
    out: *mut *mut prefix::NvBufSurface,
    batch: u32,
    params: *mut NvBufSurfaceCreateParams,
) -> c_int {
    // SAFETY: the parameters of the caller are valid for the call.
    let params = unsafe { params.read() };
    let mut entry = classic::NvBufSurfaceParams {
        width: params.width,
        height: params.height,
        colorFormat: params.colorFormat,
        ..Default::default()
    };
    entry.planeParams.num_planes = 2;
    let list = Box::leak(vec![entry; batch as usize + 1].into_boxed_slice());
    let surface = Box::leak(Box::new(classic::NvBufSurface {
        batchSize: batch,
        surfaceList: list.as_mut_ptr(),
        ..Default::default()
    }));
    // SAFETY: the caller's pointer is valid for the call.
    unsafe { out.write(from_mut(surface).cast()) };
    0
}

unsafe extern "C" fn destroy(surface: *mut prefix::NvBufSurface) -> c_int {
    // SAFETY: of `create`, which leaked the box.
    let surface = unsafe { Box::from_raw(surface.cast::<classic::NvBufSurface>()) };
    let list = std::ptr::slice_from_raw_parts_mut(surface.surfaceList, 3);
    // SAFETY: of `create`, which leaked the box of a batch of two and one more.
    drop(unsafe { Box::from_raw(list) });
    0
}

unsafe extern "C" fn refuse() -> c_int {
    -1
}

fn resolve(name: &'static CStr) -> Option<NonNull<c_void>> {
    let name = name.to_str().unwrap();
    let address: *const c_void = match name {
        "NvBufSurfaceCreate" => create as *const c_void,
        "NvBufSurfaceDestroy" => destroy as *const c_void,
        _ if Functions::REQUIRED.contains(&name) => refuse as *const c_void,
        _ => null_mut(),
    };
    NonNull::new(address.cast_mut())
}

#[test]
fn functions_of_the_program_itself_become_the_library() {
    // SAFETY: `create` and `destroy` have the prototypes of the header; the others refuse whatever
    // they are called with, and are not called.
    let library = unsafe { Library::from_resolver(resolve) }.unwrap();
    assert_eq!(library.family(), Family::Classic);
    assert!(library.path().is_none());
    assert!(library.functions().allocate.is_none());
    library.install().unwrap();
    assert!(Library::get().unwrap().path().is_none());
    // SAFETY: as above.
    let another = unsafe { Library::from_resolver(resolve) }.unwrap();
    let error = another.install().unwrap_err();
    assert!(matches!(error, LoadError::Loaded { .. }), "{error}");
    assert!(error.to_string().contains("resolver"), "{error}");
}

#[test]
fn a_resolver_without_a_required_function_is_refused() {
    let without = |name: &'static CStr| resolve(name).filter(|_| name != c"NvBufSurfaceMemSet");
    // SAFETY: as above.
    let error = unsafe { Library::from_resolver(without) }.unwrap_err();
    assert!(
        matches!(
            error,
            LoadError::MissingSymbol {
                symbol: "NvBufSurfaceMemSet",
                path: None
            }
        ),
        "{error}"
    );
}
