//! libnvbuf_utils of the release that the process is on.

use std::ffi::{c_int, c_uint, c_void};

use super::release;

/// Calls a function of libnvbuf_utils in the types of R32.7. Pointers that are passed are valid for
/// the call, or something that the simulator must refuse.
macro_rules! call {
    ($name:ident($($argument:expr),*)) => {{
        let function: nvbufsurface_sys::nvbuf_utils::r32_6::$name =
            $crate::support::function_of("libnvbuf_utils.so.1.0.0", stringify!($name));
        // SAFETY: as above.
        unsafe { function($($argument),*) }
    }};
}
pub(crate) use call;

/// A buffer of 64x32 in a format of the release.
pub(crate) fn create(number: c_uint) -> Option<c_int> {
    let mut fd = -1;
    (call!(PFN_NvBufferCreate(&mut fd, 64, 32, 0, number)) == 0).then_some(fd)
}

pub(crate) fn map(fd: c_int, plane: c_uint, flags: c_uint) -> *mut c_void {
    let mut address = std::ptr::null_mut();
    let result = call!(PFN_NvBufferMemMap(fd, plane, flags, &mut address));
    assert_eq!(result == 0, !address.is_null());
    address
}

pub(crate) fn unmap(fd: c_int, plane: c_uint, mut address: *mut c_void) -> c_int {
    call!(PFN_NvBufferMemUnMap(fd, plane, &mut address))
}

pub(crate) fn destroy(fd: c_int) -> c_int {
    call!(PFN_NvBufferDestroy(fd))
}

/// A word of a struct at the offset that the facts about the release say.
pub(crate) fn word(bytes: &[u8], offset: usize) -> u32 {
    u32::from_le_bytes(bytes[offset..offset + 4].try_into().unwrap())
}

/// Where the release has the fields of `NvBufferParams`: its size, `nv_buffer_size`, `pixel_format`,
/// the planes' first array, and planes in an array.
pub(crate) fn offsets() -> (usize, usize, usize, usize, usize) {
    match release().as_str() {
        "r28.1" | "r28.2" => (104, 16, 20, 28, 3),
        "r32.1" => (112, 24, 28, 36, 3),
        _ => (136, 24, 28, 36, 4),
    }
}

/// The bytes that `NvBufferGetParams` writes, with a proof that it writes no more.
pub(crate) fn get_params(fd: c_int) -> Vec<u8> {
    let (size, ..) = offsets();
    let mut words = vec![0xa5a5_a5a5_a5a5_a5a5u64; 32];
    assert_eq!(
        call!(PFN_NvBufferGetParams(fd, words.as_mut_ptr().cast())),
        0
    );
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_ne_bytes()).collect();
    assert!(
        bytes[size..].iter().all(|byte| *byte == 0xa5),
        "{size} bytes"
    );
    // All of it but the four bytes that only align.
    assert_ne!(bytes[size - 8..size - 4], [0xa5; 4], "{size} bytes");
    bytes[..size - 4].to_vec()
}

/// The opaque block of a buffer.
pub(crate) fn nv_buffer(fd: c_int) -> *mut c_void {
    let bytes = get_params(fd);
    let address = usize::from_ne_bytes(bytes[8..16].try_into().unwrap());
    std::ptr::with_exposed_provenance_mut(address)
}
