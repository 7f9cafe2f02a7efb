//! Streams and contexts that end with work to do, and handles that several threads end.

mod support;

use std::ffi::c_void;
use std::sync::Barrier;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::time::Duration;

use support::cuda::Cuda;
use support::surface::Surface;
use support::{counter, isolated, on_each};

static DONE: AtomicU32 = AtomicU32::new(0);

unsafe extern "C" fn slow(_data: *mut c_void) {
    std::thread::sleep(Duration::from_millis(100));
    DONE.fetch_add(1, SeqCst);
}

/// A stream with something slow to do, and behind it a fill of memory.
fn busy_stream(cuda: Cuda, memory: usize) -> usize {
    let mut stream = 0;
    assert_eq!(cuda.stream_create(&mut stream, 0), 0);
    assert_eq!(cuda.memset(memory, 1, 64), 0);
    assert_eq!(cuda.launch_host(stream, slow, std::ptr::null_mut()), 0);
    assert_eq!(cuda.memset_async(memory, 7, 64, stream), 0);
    stream
}

fn memory(cuda: Cuda) -> usize {
    let mut memory = 0;
    assert_eq!(cuda.mem_alloc(&mut memory, 64), 0);
    memory
}

#[test]
fn what_a_destroyed_stream_does_is_waited_for() {
    isolated("what_a_destroyed_stream_does_is_waited_for", || {
        let cuda = Cuda::start();
        let memory = memory(cuda);
        let stream = busy_stream(cuda, memory);
        assert_eq!(cuda.stream_destroy(stream), 0);
        assert_eq!(DONE.load(SeqCst), 0, "destroying does not wait");
        assert_eq!(cuda.stream_destroy(stream), 400);
        assert_eq!(cuda.stream_query(stream), 400);
        assert_eq!((cuda.ctx_synchronize(), DONE.load(SeqCst)), (0, 1));

        // The null stream's order, and the end of memory.
        assert_eq!(cuda.stream_destroy(busy_stream(cuda, memory)), 0);
        let mut byte = 0_u8;
        assert_eq!(cuda.copy_to_host((&raw mut byte).cast(), memory, 1), 0);
        assert_eq!((byte, DONE.load(SeqCst)), (7, 2));
        assert_eq!(cuda.stream_destroy(busy_stream(cuda, memory)), 0);
        assert_eq!((cuda.mem_free(memory), DONE.load(SeqCst)), (0, 3));
    });
}

#[test]
fn a_context_ends_after_its_work() {
    isolated("a_context_ends_after_its_work", || {
        let cuda = Cuda::start();
        let mut context = 0;
        assert_eq!(cuda.ctx_create(&mut context, 0, 0), 0);
        busy_stream(cuda, memory(cuda));
        assert_eq!((cuda.ctx_destroy(context), DONE.load(SeqCst)), (0, 1));
        // The primary one by its last release.
        busy_stream(cuda, memory(cuda));
        assert_eq!((cuda.primary_release(0), DONE.load(SeqCst)), (0, 2));
        assert_eq!(counter("device_allocations_alive"), 0);
    });
}

#[test]
fn the_programs_memory_is_its_own_after_unregistering() {
    let test = "the_programs_memory_is_its_own_after_unregistering";
    // A TX2 registers none.
    on_each(test, &["r39.2"], || {
        let cuda = Cuda::start();
        let mut page = vec![0_u8; 8192];
        let at = page.as_mut_ptr().cast::<c_void>();
        let memory = memory(cuda);
        for end in 0..3 {
            assert_eq!(cuda.host_register(at, 64, 0), 0);
            page[0] = 1;
            let stream = busy_stream(cuda, memory);
            assert_eq!(
                cuda.copy_async(at.expose_provenance(), memory, 64, stream),
                0
            );
            let mut other = 0;
            match end {
                0 => assert_eq!(cuda.stream_destroy(stream), 0),
                1 => assert_eq!(cuda.ctx_create(&mut other, 0, 0), 0),
                _ => {}
            }
            assert_eq!(cuda.host_unregister(at), 0);
            assert_eq!(page[0], 7, "the copy is over");
            if other != 0 {
                assert_eq!(cuda.ctx_destroy(other), 0);
            }
        }
    });
}

#[test]
fn of_two_threads_one_ends_a_handle() {
    isolated("of_two_threads_one_ends_a_handle", || {
        let cuda = Cuda::start();
        let mut context = 0;
        assert_eq!(cuda.get_current(&mut context), 0);
        let surface = Surface::rgba();
        let barrier = Barrier::new(2);
        let ends = |end: &(dyn Fn() -> bool + Sync)| {
            std::thread::scope(|scope| {
                let threads = [(); 2].map(|()| {
                    scope.spawn(|| {
                        assert_eq!(cuda.push(context), 0);
                        barrier.wait();
                        u32::from(end())
                    })
                });
                threads.into_iter().map(|t| t.join().unwrap()).sum::<u32>()
            })
        };
        assert_eq!(surface.map_egl_image(0), 0);
        for _ in 0..2000 {
            let (resource, _) = cuda.picture(surface.image());
            assert_eq!(ends(&|| cuda.unregister(resource) == 0), 1);
            let stream = cuda.stream();
            assert_eq!(ends(&|| cuda.stream_destroy(stream) == 0), 1);
        }
        assert_eq!(counter("registrations_alive"), 0);
        assert_eq!((surface.unmap_egl_image(0), surface.destroy()), (0, 0));
        assert_eq!(counter("violations"), 0);
    });
}

#[test]
fn memory_that_the_machine_does_not_have_is_an_error() {
    isolated("memory_that_the_machine_does_not_have_is_an_error", || {
        let cuda = Cuda::start();
        // Counts memory that can be written, whenever that becomes so.
        let limit = libc::rlimit {
            rlim_cur: 1 << 30,
            rlim_max: libc::RLIM_INFINITY,
        };
        // SAFETY: a limit of this process; the struct outlives the call.
        let set = unsafe { libc::setrlimit(libc::RLIMIT_DATA, &raw const limit) };
        assert_eq!(set, 0);
        let (mut address, mut host) = (0, std::ptr::null_mut());
        assert_eq!(cuda.mem_alloc(&mut address, 2 << 30), 2);
        assert_eq!(cuda.alloc_managed(&mut address, 2 << 30, 1), 2);
        assert_eq!(cuda.alloc_host(&mut host, 2 << 30), 2);
        let memory = memory(cuda);
        assert_eq!(cuda.memset(memory, 1, 64), 0);
        assert_eq!((cuda.ctx_synchronize(), cuda.mem_free(memory)), (0, 0));
    });
}
