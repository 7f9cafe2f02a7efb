//! What is done for every frame allocates nothing. Needs the simulator's surfaces (ci/sim.sh) or a Jetson.

mod nvmm;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use egl_cuda::{
    Context, CudaFrame, DeviceMemory, Event, ManagedMemory, PinnedMemory, Sampling, Stream,
};
use nvmm::{NVBUF_LAYOUT_BLOCK_LINEAR, frame};
use nvmm_sim_control::Simulator;

/// Counts the allocations of each thread.
struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: everything is the system allocator's; counting does not allocate.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: by this function's contract.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: by this function's contract.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn sim_a_frame_costs_no_allocation_and_makes_nothing() {
    let context = Context::primary(0).unwrap();
    let stream = Stream::new(&context).unwrap();
    let done = Event::new(&context).unwrap();
    let (tiled, planes) = frame(&context, NVBUF_LAYOUT_BLOCK_LINEAR);
    let memory = || {
        let plane = |width, height| DeviceMemory::pitched(&context, width, height).unwrap();
        CudaFrame::from_memory([(plane(638, 362), 1), (plane(638, 181), 2)], None).unwrap()
    };
    let ours = memory();
    let mut pinned = PinnedMemory::new(&context, 638, 362).unwrap();
    let mut managed = ManagedMemory::new(&context, 638, 362).unwrap();
    let mut work = || {
        let again = CudaFrame::new(tiled.mapped().unwrap().clone(), &planes).unwrap();
        let clone = again.clone();
        stream.copy_frame(&clone, &ours).unwrap();
        stream.copy_frame(&ours, &again).unwrap();
        again.surface_object(0).unwrap();
        again.texture_object(1, Sampling::default()).unwrap();
        ours.texture_object(0, Sampling::default()).unwrap();
        assert!(again.pixel_order().is_none());
        let luma = ours.source(0).unwrap();
        stream.copy(luma, pinned.target()).unwrap();
        managed.attach(&stream).unwrap();
        stream.copy(luma, managed.target()).unwrap();
        managed.attach_host(&stream).unwrap();
        let (a, b) = (pinned.as_slice().unwrap(), managed.as_slice().unwrap());
        assert!(a == b);
        done.record(&stream).unwrap();
        done.synchronize().unwrap();
        assert!(stream.is_complete().unwrap() && done.is_complete().unwrap());
    };
    work();
    let made = || {
        let names = [
            "cuGraphicsEGLRegisterImage",
            "cuEventCreate",
            "cuTexObjectCreate",
            "cuSurfObjectCreate",
            "cuMemAllocPitch_v2",
        ];
        Simulator::loaded().map(|simulator| names.map(|name| simulator.counter(name).unwrap()))
    };
    let before = made();
    let allocations = ALLOCATIONS.get();
    for _ in 0..100 {
        work();
    }
    assert_eq!(ALLOCATIONS.get() - allocations, 0);
    assert_eq!(made(), before);
}
