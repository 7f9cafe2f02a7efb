//! What is done for every frame allocates nothing on this side of the library.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::os::fd::AsFd;
use std::sync::Arc;

use nvbuf::legacy::{Composite, Layer, NvBuffer, Session, Transform};
use nvbuf::sys::LegacyLibrary;
use nvbuf::{Access, ErrorKind};

struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

// SAFETY: it is the system's, and counting allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: by this function's contract.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        // SAFETY: by this function's contract.
        unsafe { System.dealloc(place, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn frames_allocate_nothing() {
    let Ok(library) = LegacyLibrary::get() else {
        let error = NvBuffer::builder(64, 48).build().expect_err("no library");
        assert_eq!(error.kind(), ErrorKind::Load, "{error}");
        return;
    };
    let rgba = || NvBuffer::builder(64, 48).build().unwrap();
    let (mut slices, from, to) = (rgba(), Arc::new(rgba()), Arc::new(rgba()));
    let has = |symbol| library.functions().has(symbol);
    let transform = if has("NvBufferSessionCreate") {
        Transform::new().session(&Session::new().unwrap())
    } else {
        Transform::new()
    };
    let mut pixels = vec![0; 64 * 48 * 4];
    let mut frame = || {
        slices.map_mut().unwrap().unmap().unwrap();
        drop(from.map_ptr(Access::Read).unwrap());
        drop(NvBuffer::from_fd(from.as_fd()).unwrap());
        if has("NvBufferTransform") {
            from.write_plane(0, &pixels).unwrap();
            transform.run(&from, &to).unwrap();
            let layers = [Layer::new(&from)];
            Composite::new().run(&layers, &to).unwrap();
            to.read_plane(0, &mut pixels).unwrap();
        }
        if has("NvBufferTransformAsync") {
            let first = transform.start(Arc::clone(&from), Arc::clone(&to)).unwrap();
            let points = [first.point()];
            let second = transform.start_after(Arc::clone(&to), Arc::clone(&from), &points);
            first.wait().unwrap();
            second.unwrap().wait().unwrap();
        }
    };
    frame();
    let before = ALLOCATIONS.get();
    for _ in 0..20 {
        frame();
    }
    assert_eq!(ALLOCATIONS.get(), before);
    drop(rgba());
    drop(vec![0_u8; 9]);
    assert!(ALLOCATIONS.get() > before, "it counts");
}
