//! Alone in its process, so that no other test gets the fd number that is closed here.

use nvbuf::sys::Library;
use nvbuf::sys::prefix::NvBufSurface;
use nvbuf::{Descriptor, Surface};

#[test]
fn a_destroyed_surface_is_noticed_by_its_fd() {
    let owner = Surface::builder(24, 12).build().unwrap();
    let (raw, size) = (owner.as_ptr(), owner.raw_size());
    // As long as the longer family's structs.
    let (mut header, mut params) = ([0_u64; 9], [0_u64; 52]);
    let to_header = header.as_mut_ptr();
    // SAFETY: the owner is alive, its struct is that long, and the copy is as long at least.
    unsafe {
        raw.cast::<u8>()
            .copy_to_nonoverlapping(to_header.cast(), size)
    };
    // SAFETY: the owner is alive.
    let list = unsafe { (*raw).surfaceList }.cast::<u8>();
    let len = Library::get().unwrap().family().params_size();
    // SAFETY: the list has one entry, of that length, and the copy is as long at least.
    unsafe { list.copy_to_nonoverlapping(params.as_mut_ptr().cast(), len) };
    // SAFETY: the copy of what both families begin with.
    unsafe { (*to_header.cast::<NvBufSurface>()).surfaceList = params.as_mut_ptr().cast() };
    drop(owner);
    let error = Descriptor::read(to_header.cast(), size, 0).expect_err("its fd is closed");
    assert!(error.to_string().contains("no open fd"), "{error}");
}
