//! Alone in its process, so that no other test gets the fd number that is closed here.

use nvbuf::{Descriptor, Surface};

#[test]
fn a_destroyed_surface_is_noticed_by_its_fd() {
    let owner = Surface::builder(24, 12).build().unwrap();
    let raw = owner.as_ptr();
    // SAFETY: the owner is alive.
    let mut header = unsafe { raw.read() };
    // SAFETY: as above; the list has one entry.
    let mut params = unsafe { header.surfaceList.read() };
    header.surfaceList = &raw mut params;
    drop(owner);
    let error = Descriptor::read((&raw const header).cast(), 64, 0).expect_err("its fd is closed");
    assert!(error.to_string().contains("no open fd"), "{error}");
}
