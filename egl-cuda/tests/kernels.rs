//! Kernels, streams and events on whatever driver there is: the simulator's (ci/sim.sh) or a GPU's.

mod common;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use common::{example, is_child, run};
use egl_cuda::cust::launch;
use egl_cuda::cust::memory::{CopyDestination, DeviceBuffer};
use egl_cuda::{Context, ErrorKind, Event, Kernel, Stream};
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

/// Writes `value` into `count` words; for the oldest GPU and driver that are supported.
const PTX: &str = "
.version 4.2
.target sm_53
.address_size 64
.visible .entry egl_cuda_fill(.param .u64 words, .param .u32 count, .param .u32 value)
{
    .reg .pred %p<2>;
    .reg .b32 %r<6>;
    .reg .b64 %rd<4>;
    ld.param.u64 %rd1, [words];
    ld.param.u32 %r1, [count];
    ld.param.u32 %r2, [value];
    mov.u32 %r3, %ctaid.x;
    mov.u32 %r4, %ntid.x;
    mov.u32 %r5, %tid.x;
    mad.lo.s32 %r3, %r3, %r4, %r5;
    setp.ge.u32 %p1, %r3, %r1;
    @%p1 bra DONE;
    cvta.to.global.u64 %rd2, %rd1;
    mul.wide.u32 %rd3, %r3, 4;
    add.s64 %rd2, %rd2, %rd3;
    st.global.u32 [%rd2], %r2;
DONE:
    ret;
}
";
const ENTRY: &str = "egl_cuda_fill";
const COUNT: u32 = 1000;

/// Runs `body` in a child process that knows the kernel's twin.
fn child(test: &str, body: impl FnOnce(Context)) {
    if is_child() {
        return body(Context::primary(0).unwrap());
    }
    run(test, &[("NVMM_SIM_KERNELS", &example("fill_twin"))]);
}

#[test]
fn sim_kernels_run_on_our_streams() {
    child("sim_kernels_run_on_our_streams", |context| {
        let stream = Stream::new(&context).unwrap();
        let fill = Kernel::from_ptx(&context, PTX, ENTRY).unwrap();
        let words = {
            let _current = context.push().unwrap();
            DeviceBuffer::from_slice(&[0_u32; COUNT as usize + 24]).unwrap()
        };
        context.synchronize().unwrap();
        let read = || {
            let _current = context.push().unwrap();
            let mut host = [0_u32; COUNT as usize + 24];
            words.copy_to(&mut host).unwrap();
            host
        };
        let address = words.as_device_ptr().as_raw();
        let grid = COUNT.div_ceil(128);
        // SAFETY: these are the kernel's parameters, and it writes `COUNT` words of the buffer.
        unsafe { launch!(fill<<<grid, 128, 0, stream>>>(address, COUNT, 7_u32)) }.unwrap();
        stream.synchronize().unwrap();
        let host = read();
        assert!(host[..COUNT as usize].iter().all(|&word| word == 7));
        assert!(host[COUNT as usize..].iter().all(|&word| word == 0));

        // From another thread, by a function of cust's, with a reference to our stream.
        std::thread::scope(|scope| {
            let thread = scope.spawn(|| {
                let function = {
                    let _current = context.push().unwrap();
                    fill.module().get_function(ENTRY).unwrap()
                };
                let stream = &stream;
                // SAFETY: as above.
                unsafe {
                    launch!(function<<<(grid, 1), (128, 1), 0, stream>>>(address, COUNT, 9_u32))
                }
                .unwrap();
                stream.synchronize().unwrap();
            });
            thread.join().unwrap();
        });
        assert!(read()[..COUNT as usize].iter().all(|&word| word == 9));
        let _current = context.push().unwrap();
        drop(words);
    });
}

#[test]
fn sim_events_order_streams_and_steady_state_allocates_nothing() {
    const NAME: &str = "sim_events_order_streams_and_steady_state_allocates_nothing";
    child(NAME, |context| {
        let (one, two) = (
            Stream::new(&context).unwrap(),
            Stream::new(&context).unwrap(),
        );
        let event = Event::new(&context).unwrap();
        assert!(event.is_complete().unwrap());
        let fill = Kernel::from_ptx(&context, PTX, ENTRY).unwrap();
        let words = {
            let _current = context.push().unwrap();
            DeviceBuffer::from_slice(&[0_u32; COUNT as usize]).unwrap()
        };
        context.synchronize().unwrap();
        let address = words.as_device_ptr().as_raw();
        let grid = COUNT.div_ceil(128);
        let mut frame = |value: u32| {
            // SAFETY: these are the kernel's parameters, and it writes `COUNT` words.
            unsafe { launch!(fill<<<grid, 128, 0, one>>>(address, COUNT, value)) }.unwrap();
            event.record(&one).unwrap();
            two.wait_event(&event).unwrap();
            // SAFETY: both streams are live.
            unsafe { event.wait_raw(two.as_raw()) }.unwrap();
            let value = value + 1;
            // SAFETY: as above; the first kernel is done by then.
            unsafe { launch!(fill<<<grid, 128, 0, two>>>(address, COUNT, value)) }.unwrap();
            // SAFETY: the stream is live.
            unsafe { event.record_raw(two.as_raw()) }.unwrap();
            while !event.is_complete().unwrap() {
                std::thread::yield_now();
            }
            event.synchronize().unwrap();
        };
        let simulator = Simulator::find().unwrap();
        let pushes = || simulator.counter("cuCtxPushCurrent_v2").unwrap();
        {
            let before = pushes();
            let current = context.push().unwrap();
            // SAFETY: the stream is live.
            unsafe { event.record_in(&current, one.as_raw()) }.unwrap();
            // SAFETY: as above.
            unsafe { event.wait_in(&current, two.as_raw()) }.unwrap();
            two.synchronize_in(&current).unwrap();
            assert_eq!(pushes() - before, 1, "the context was current already");
        }
        frame(0);
        let before = ALLOCATIONS.get();
        (1..100).for_each(&mut frame);
        assert_eq!(
            ALLOCATIONS.get() - before,
            0,
            "allocations in Rust code of this thread"
        );
        let _current = context.push().unwrap();
        assert!(words.as_host_vec().unwrap().iter().all(|&word| word == 100));
        drop(words);
    });
}

#[test]
fn sim_mistakes_are_errors_with_remedies() {
    child("sim_mistakes_are_errors_with_remedies", |context| {
        let error = Kernel::from_ptx(&context, PTX, "no_such_kernel").unwrap_err();
        assert_eq!(error.call(), "cuModuleGetFunction");
        assert_eq!(error.name(), Some("CUDA_ERROR_NOT_FOUND"));
        assert!(error.to_string().contains("mangled"), "{error}");
        for (ptx, entry) in [("\0", ENTRY), (PTX, "a\0b")] {
            let error = Kernel::from_ptx(&context, ptx, entry).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidArgument);
        }
        let error = Context::primary(99).unwrap_err();
        assert_eq!(
            (error.call(), error.kind()),
            ("cuDeviceGet", ErrorKind::Cuda)
        );
        assert!(!context.device_name().unwrap().is_empty());
    });
}
