//! Kernels, streams, events, modules and contexts.

mod support;

use std::cell::Cell;
use std::ffi::{CString, c_void};
use std::time::{Duration, Instant};

use support::cuda::Cuda;
use support::surface::Surface;
use support::{counter, isolated};

#[test]
fn kernels_see_copies_of_their_parameters() {
    isolated("kernels_see_copies_of_their_parameters", || {
        let cuda = Cuda::start();
        let surface = Surface::rgba();
        assert_eq!(surface.map_egl_image(0), 0);
        let (_, picture) = cuda.picture(surface.image());
        let (fill, stream) = (cuda.function("fill"), cuda.stream());
        for value in 1..=3 {
            assert_eq!(cuda.fill(fill, stream, picture, 20, value), 0);
        }
        assert_eq!(cuda.stream_query(stream), 600);
        assert_eq!(cuda.stream_synchronize(stream), 0);
        assert_eq!(cuda.stream_query(stream), 0);
        assert_eq!(surface.first_byte(0), 3);
        assert_eq!((counter("launches"), counter("launches_finished")), (3, 3));

        let mut memory = 0;
        assert_eq!(cuda.mem_alloc(&mut memory, 64), 0);
        let shape = cuda.function("shape");
        assert_eq!(
            cuda.launch(shape, stream, &mut [(&raw mut memory).cast()]),
            0
        );
        assert_eq!(cuda.stream_synchronize(stream), 0);
        let mut seen = [0u32; 7];
        assert_eq!(cuda.copy_to_host(seen.as_mut_ptr().cast(), memory, 28), 0);
        assert_eq!(seen, [1, 2, 3, 4, 5, 6, 7]);
        assert_eq!(cuda.mem_free(memory), 0);
        assert_eq!(cuda.mem_free(memory), 1);
        assert_eq!(cuda.copy_to_host(seen.as_mut_ptr().cast(), memory, 28), 1);
    });
}

#[test]
fn a_stream_waits_for_an_event_of_another() {
    isolated("a_stream_waits_for_an_event_of_another", || {
        let cuda = Cuda::start();
        let surface = Surface::rgba();
        assert_eq!(surface.map_egl_image(0), 0);
        let (_, picture) = cuda.picture(surface.image());
        let (fill, slow, fast) = (cuda.function("fill"), cuda.stream(), cuda.stream());
        let (begin, end) = (cuda.event(), cuda.event());
        assert_eq!(cuda.event_query(end), 0);
        let start = Instant::now();
        assert_eq!(cuda.event_record(begin, slow), 0);
        assert_eq!(cuda.fill(fill, slow, picture, 300, 1), 0);
        assert_eq!(cuda.event_record(end, slow), 0);
        assert_eq!(cuda.event_query(end), 600);
        assert_eq!(cuda.stream_wait(fast, end, 0), 0);
        assert_eq!(cuda.fill(fill, fast, picture, 0, 2), 0);
        assert_eq!(cuda.event_query(end), 600, "enqueuing does not wait");
        assert_eq!(cuda.stream_synchronize(fast), 0);
        assert!(
            start.elapsed() >= Duration::from_millis(300),
            "the event was waited for"
        );
        assert_eq!(surface.first_byte(0), 2);
        let mut ms = 0.0;
        assert_eq!(cuda.elapsed(&mut ms, begin, end), 0);
        assert!(ms >= 299.0, "{ms}");
        // Without the wait the fast one is first.
        let other = Surface::rgba();
        assert_eq!(other.map_egl_image(0), 0);
        let (_, elsewhere) = cuda.picture(other.image());
        assert_eq!(cuda.fill(fill, slow, picture, 1000, 3), 0);
        assert_eq!(cuda.event_record(end, slow), 0);
        assert_eq!(cuda.fill(fill, fast, elsewhere, 0, 4), 0);
        assert_eq!(cuda.stream_synchronize(fast), 0);
        assert_eq!(cuda.event_query(end), 600);
        assert_eq!(cuda.ctx_synchronize(), 0);
        assert_eq!((surface.first_byte(0), other.first_byte(0)), (3, 4));
        assert_eq!(
            (counter("stream_waits"), counter("synchronisations")),
            (1, 3)
        );
    });
}

#[test]
fn the_null_stream_orders_itself_with_blocking_streams() {
    isolated(
        "the_null_stream_orders_itself_with_blocking_streams",
        || {
            let cuda = Cuda::start();
            let surface = Surface::rgba();
            assert_eq!(surface.map_egl_image(0), 0);
            let (_, picture) = cuda.picture(surface.image());
            let fill = cuda.function("fill");
            let mut blocking = 0;
            assert_eq!(cuda.stream_create(&mut blocking, 0), 0);
            assert_eq!(cuda.fill(fill, blocking, picture, 100, 1), 0);
            assert_eq!(cuda.fill(fill, 0, picture, 100, 2), 0);
            assert_eq!(cuda.fill(fill, blocking, picture, 0, 3), 0);
            assert_eq!(cuda.stream_synchronize(0), 0);
            assert_eq!(surface.first_byte(0), 3);
            // A copy without a stream waits for all of them.
            assert_eq!(cuda.fill(fill, blocking, picture, 100, 4), 0);
            let mut byte = 0u8;
            assert_eq!(
                cuda.copy_to_host((&raw mut byte).cast(), picture.pixels, 1),
                0
            );
            assert_eq!(byte, 4);
        },
    );
}

#[test]
fn modules_and_launches_are_checked() {
    isolated("modules_and_launches_are_checked", || {
        let cuda = Cuda::start();
        let mut module = 0;
        let mut load = |text: &str| {
            let text = CString::new(text).unwrap();
            cuda.module_load(&mut module, text.as_ptr())
        };
        assert_eq!(load("no module"), 200);
        assert_eq!(load(".version 6.4\n.target sm_62\n.entry broken("), 218);
        assert_eq!(load("\u{7f}ELF"), 209);
        assert_eq!(load(support::PTX), 0);
        let mut function = 0;
        assert_eq!(
            cuda.get_function(&mut function, module, c"nobody".as_ptr()),
            500
        );
        assert_eq!(
            cuda.get_function(&mut function, module, c"orphan".as_ptr()),
            0
        );
        let mut memory = 0;
        assert_eq!(cuda.mem_alloc(&mut memory, 64), 0);
        let mut list: [*mut c_void; 1] = [(&raw mut memory).cast()];
        // An entry without a twin is never a silent success.
        assert_eq!(cuda.launch(function, 0, &mut list), 801);
        assert_eq!(cuda.launch(function, 99, &mut list), 400);
        assert_eq!(cuda.launch(99, 0, &mut list), 400);
        let (params, extra) = (std::ptr::null_mut(), std::ptr::null_mut());
        assert_eq!(
            cuda.launch_raw(function, 1, 1, 1, 1, 1, 1, 0, 0, params, extra),
            1
        );
        let params = list.as_mut_ptr();
        assert_eq!(
            cuda.launch_raw(function, 0, 1, 1, 1, 1, 1, 0, 0, params, extra),
            1
        );
        assert_eq!(
            cuda.launch_raw(function, 1, 1, 1, 33, 32, 1, 0, 0, params, extra),
            1
        );
        assert_eq!(counter("launches"), 0);
        assert_eq!(counter("unsupported"), 2);
        assert_eq!(cuda.module_unload(module), 0);
        assert_eq!(cuda.launch(function, 0, &mut list), 400);
    });
}

#[test]
fn contexts_are_a_stack_per_thread() {
    isolated("contexts_are_a_stack_per_thread", || {
        let cuda = Cuda::load();
        let (mut a, mut b, mut current) = (0, 0, 1);
        assert_eq!(cuda.primary_retain(&mut a, 0), 3);
        let mut version = 0;
        assert_eq!((cuda.version(&mut version), version), (0, 10020));
        assert_eq!(cuda.init(0), 0);
        assert_eq!(cuda.primary_retain(&mut a, 1), 101);
        assert_eq!((cuda.get_current(&mut current), current), (0, 0));
        assert_eq!(cuda.stream_create(&mut current, 0), 201);
        assert_eq!(cuda.pop(&mut current), 201);
        assert_eq!(cuda.primary_release(0), 201);
        assert_eq!(
            (
                cuda.primary_retain(&mut a, 0),
                cuda.primary_retain(&mut b, 0)
            ),
            (0, 0)
        );
        assert_eq!(a, b);
        assert_eq!((cuda.push(a), cuda.ctx_create(&mut b, 0, 0)), (0, 0));
        assert_eq!((cuda.get_current(&mut current), current), (0, b));
        std::thread::spawn(move || {
            let mut none = 1;
            assert_eq!((cuda.get_current(&mut none), none), (0, 0));
        })
        .join()
        .unwrap();
        assert_eq!(cuda.ctx_destroy(b), 0);
        assert_eq!((cuda.get_current(&mut current), current), (0, a));
        assert_eq!(cuda.push(b), 201);
        assert_eq!((cuda.primary_release(0), cuda.primary_release(0)), (0, 0));
        let mut stream = 0;
        assert_eq!(cuda.stream_create(&mut stream, 0), 709);
        let (mut flags, mut active) = (0, 1);
        assert_eq!(
            (cuda.primary_state(0, &mut flags, &mut active), active),
            (0, 0)
        );
        let mut name = std::ptr::null();
        assert_eq!(cuda.error_name(709, &mut name), 0);
        // SAFETY: a C string of the driver's.
        let name = unsafe { std::ffi::CStr::from_ptr(name) };
        assert_eq!(name, c"CUDA_ERROR_CONTEXT_IS_DESTROYED");
    });
}

#[test]
fn many_commands_go_through_a_small_ring() {
    isolated("many_commands_go_through_a_small_ring", || {
        let cuda = Cuda::start();
        let (mut one, mut sum) = (0usize, 0usize);
        assert_eq!(
            (cuda.mem_alloc(&mut one, 1), cuda.mem_alloc(&mut sum, 1)),
            (0, 0)
        );
        assert_eq!((cuda.memset(one, 1, 1), cuda.memset(sum, 0, 1)), (0, 0));
        let (add, stream) = (cuda.function("add"), cuda.stream());
        let mut count = 1u32;
        for _ in 0..5000 {
            let mut list: [*mut c_void; 3] = [
                (&raw mut sum).cast(),
                (&raw mut one).cast(),
                (&raw mut count).cast(),
            ];
            assert_eq!(cuda.launch(add, stream, &mut list), 0);
        }
        assert_eq!(cuda.stream_synchronize(stream), 0);
        let mut byte = 0u8;
        assert_eq!(cuda.copy_to_host((&raw mut byte).cast(), sum, 1), 0);
        assert_eq!(byte, (5000 % 256) as u8);
    });
}

#[test]
fn parameters_may_come_in_one_buffer() {
    isolated("parameters_may_come_in_one_buffer", || {
        let cuda = Cuda::start();
        let (mut one, mut sum) = (0usize, 0usize);
        assert_eq!(
            (cuda.mem_alloc(&mut one, 1), cuda.mem_alloc(&mut sum, 1)),
            (0, 0)
        );
        assert_eq!((cuda.memset(one, 3, 1), cuda.memset(sum, 4, 1)), (0, 0));
        let (add, stream) = (cuda.function("add"), cuda.stream());
        // Laid out as the PTX declares: two addresses and a count.
        let mut buffer = [sum, one, 1];
        let size = Cell::new(20usize);
        let key = std::ptr::without_provenance_mut::<c_void>;
        let mut extra = [
            key(1),
            buffer.as_mut_ptr().cast(),
            key(2),
            size.as_ptr().cast(),
            key(0),
        ];
        let (none, list) = (std::ptr::null_mut(), extra.as_mut_ptr());
        assert_eq!(
            cuda.launch_raw(add, 1, 1, 1, 1, 1, 1, 0, stream, none, list),
            0
        );
        size.set(19);
        assert_eq!(
            cuda.launch_raw(add, 1, 1, 1, 1, 1, 1, 0, stream, none, list),
            1
        );
        assert_eq!(cuda.stream_synchronize(stream), 0);
        let mut byte = 0u8;
        assert_eq!(cuda.copy_to_host((&raw mut byte).cast(), sum, 1), 0);
        assert_eq!(byte, 7);
    });
}

#[test]
fn a_program_is_called_back_in_order() {
    unsafe extern "C" fn note(data: *mut c_void) {
        // SAFETY: the test passes a number that it keeps until the stream is done.
        unsafe { *data.cast::<u64>() = counter("launches_finished") };
    }
    isolated("a_program_is_called_back_in_order", || {
        let cuda = Cuda::start();
        let surface = Surface::rgba();
        assert_eq!(surface.map_egl_image(0), 0);
        let (_, picture) = cuda.picture(surface.image());
        let (fill, stream) = (cuda.function("fill"), cuda.stream());
        let mut seen = 0u64;
        assert_eq!(cuda.fill(fill, stream, picture, 50, 1), 0);
        assert_eq!(cuda.launch_host(stream, note, (&raw mut seen).cast()), 0);
        assert_eq!(cuda.fill(fill, stream, picture, 50, 2), 0);
        assert_eq!(cuda.stream_synchronize(stream), 0);
        assert_eq!(seen, 1);
    });
}
