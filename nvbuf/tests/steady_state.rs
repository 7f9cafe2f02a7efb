//! Mapping, filling and copying touch the heap only where something fails. Alone in its process, whose
//! allocations it counts.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use nvbuf::{Access, ColorFormat, Surface};

struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

// SAFETY: the system's allocator, counted.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.with(|count| count.set(count.get() + 1));
        // SAFETY: by this function's contract.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: by this function's contract.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn frame(surface: &mut Surface, other: &mut Surface, packed: &mut [u8]) -> nvbuf::Result<u64> {
    let mut sum = 0;
    let mut map = surface.map_mut(0)?;
    map.rows_mut(0)?.for_each(|row| row.fill(3));
    map.unmap()?;
    let plane = surface.map_plane(0, 1)?;
    for row in plane.rows_as::<[u8; 2]>()? {
        sum += u64::from(row[0][1]);
    }
    plane.unmap()?;
    let map = surface.map_ptr(0, Access::Read)?;
    sum += map.plane(0)?.rows().len() as u64;
    drop(map);
    surface.fill(0, &[1, 2])?;
    surface.copy_to(other)?;
    surface.read_plane(0, 0, packed)?;
    surface.write_plane(0, 0, packed)?;
    surface.set_num_filled(1)?;
    Ok(sum)
}

#[test]
fn a_frame_allocates_nothing() {
    let build = || {
        Surface::builder(64, 32)
            .format(ColorFormat::NV12)
            .build()
            .unwrap()
    };
    let (mut one, mut two) = (build(), build());
    let mut packed = vec![0; 64 * 32];
    let mut frame = || frame(&mut one, &mut two, &mut packed).unwrap();
    frame();
    let before = ALLOCATIONS.with(Cell::get);
    assert_ne!(before, 0, "nothing is counted");
    let sums: u64 = (0..100).map(|_| frame()).sum();
    assert_eq!(ALLOCATIONS.with(Cell::get), before);
    assert_eq!(sums, 100 * (16 * 2 + 32));
}
