//! A context that a kernel left with an error.

mod support;

use std::ffi::c_void;
use std::sync::Mutex;

use support::cuda::Cuda;
use support::surface::Surface;
use support::{counter, isolated, on_each};

/// Lets a kernel use a surface that is not registered any more.
fn break_context(cuda: Cuda) {
    let surface = Surface::rgba();
    assert_eq!(surface.map_egl_image(0), 0);
    let (resource, picture) = cuda.picture(surface.image());
    assert_eq!(cuda.unregister(resource), 0);
    let fill = cuda.function("fill");
    assert_eq!(
        cuda.fill(fill, 0, picture, 0, 1),
        0,
        "the launch is accepted"
    );
    assert_eq!((surface.unmap_egl_image(0), surface.destroy()), (0, 0));
}

#[test]
fn every_call_gives_the_error() {
    isolated("every_call_gives_the_error", || {
        let cuda = Cuda::start();
        let (mut memory, mut context) = (0, 0);
        assert_eq!(cuda.mem_alloc(&mut memory, 64), 0);
        let (stream, event, fill) = (cuda.stream(), cuda.event(), cuda.function("fill"));
        assert_eq!(cuda.event_record(event, stream), 0);
        assert_eq!(cuda.get_current(&mut context), 0);
        let surface = Surface::rgba();
        assert_eq!(surface.map_egl_image(0), 0);
        let (resource, picture) = cuda.picture(surface.image());
        break_context(cuda);

        let (mut out, mut byte, mut size) = (0, 0u8, 0);
        let host: *mut c_void = (&raw mut byte).cast();
        let null: *mut c_void = std::ptr::null_mut();
        for (i, result) in [
            cuda.fill(fill, stream, picture, 0, 1),
            cuda.stream_synchronize(stream),
            cuda.ctx_synchronize(),
            cuda.stream_query(stream),
            cuda.stream_wait(stream, event, 0),
            cuda.stream_create(&mut out, 0),
            cuda.event_create(&mut out, 0),
            cuda.event_record(event, stream),
            cuda.event_synchronize(event),
            cuda.event_query(event),
            cuda.mem_alloc(&mut out, 64),
            cuda.alloc_managed(&mut out, 64, 1),
            cuda.mem_info(&mut out, &mut size),
            cuda.copy_to_host(host, memory, 1),
            cuda.copy(memory, memory + 8, 1),
            cuda.memset(memory, 0, 1),
            cuda.module_load(&mut out, c".version 6.4".as_ptr()),
            cuda.get_limit(&mut size, 0),
            cuda.address_range(&mut out, &mut size, memory),
            cuda.register(&mut out, surface.image(), 0),
            cuda.frame_of(null.cast(), resource, 0, 0),
        ]
        .into_iter()
        .enumerate()
        {
            assert_eq!((i, result), (i, 700));
        }
        // What has nothing to do with the GPU works.
        let (mut version, mut device, mut flags, mut current) = (0, 9, 9, 0);
        let mut name = std::ptr::null();
        for result in [
            cuda.version(&mut version),
            cuda.attribute(&mut device, 75, 0),
            cuda.ctx_device(&mut device),
            cuda.ctx_flags(&mut flags),
            cuda.api_version(context, &mut flags),
            cuda.error_name(700, &mut name),
            cuda.get_current(&mut current),
            cuda.pop(&mut current),
            cuda.push(context),
            cuda.set_current(context),
        ] {
            assert_eq!(result, 0);
        }
        // Ends are done, and say the error.
        assert_eq!(cuda.unregister(resource), 700);
        assert_eq!(counter("registrations_alive"), 0);
        assert_eq!((surface.unmap_egl_image(0), surface.destroy()), (0, 0));
        assert_eq!(
            (cuda.mem_free(memory), counter("device_allocations_alive")),
            (700, 0)
        );
        assert_eq!(
            (cuda.event_destroy(event), cuda.stream_destroy(stream)),
            (700, 700)
        );
        assert_eq!(counter("violations"), 1);
        // Another context is as good as new.
        let mut other = 0;
        assert_eq!(cuda.ctx_create(&mut other, 0, 0), 0);
        assert_eq!(
            (cuda.mem_alloc(&mut memory, 64), cuda.mem_free(memory)),
            (0, 0)
        );
        assert_eq!((cuda.ctx_destroy(other), cuda.ctx_synchronize()), (0, 700));
        // And the primary one after all have released it.
        assert_eq!((cuda.primary_release(0), cuda.ctx_synchronize()), (0, 709));
        assert_eq!(cuda.primary_retain(&mut context, 0), 0);
        assert_eq!((cuda.set_current(context), cuda.ctx_synchronize()), (0, 0));
    });
}

#[test]
fn a_context_of_the_programs_is_destroyed_with_its_error() {
    let test = "a_context_of_the_programs_is_destroyed_with_its_error";
    isolated(test, || {
        let cuda = Cuda::start();
        let mut context = 0;
        assert_eq!(cuda.ctx_create(&mut context, 0, 0), 0);
        break_context(cuda);
        assert_eq!(cuda.ctx_synchronize(), 700);
        assert_eq!((cuda.ctx_destroy(context), cuda.ctx_synchronize()), (0, 0));
    });
}

#[test]
fn a_reset_makes_the_primary_context_new() {
    isolated("a_reset_makes_the_primary_context_new", || {
        let cuda = Cuda::start();
        let (mut memory, mut context, mut active) = (0, 0, 9);
        assert_eq!(cuda.mem_alloc(&mut memory, 64), 0);
        break_context(cuda);
        assert_eq!(cuda.ctx_synchronize(), 700);
        assert_eq!(cuda.primary_reset(0), 0);
        assert_eq!(counter("device_allocations_alive"), 0);
        assert_eq!(cuda.primary_state(0, &mut 0, &mut active), 0);
        assert_eq!((active, cuda.ctx_synchronize()), (0, 709));
        assert_eq!(cuda.primary_retain(&mut context, 0), 0);
        assert_eq!(
            (cuda.set_current(context), cuda.mem_alloc(&mut memory, 64)),
            (0, 0)
        );
    });
}

#[test]
fn since_11_a_reset_leaves_the_references() {
    on_each("since_11_a_reset_leaves_the_references", &["r35.1"], || {
        let cuda = Cuda::start();
        let (mut memory, mut active) = (0, 9);
        assert_eq!(cuda.mem_alloc(&mut memory, 64), 0);
        break_context(cuda);
        assert_eq!(cuda.ctx_synchronize(), 700);
        assert_eq!(cuda.primary_reset_v2(0), 0);
        // The same handle, and nothing of what was there.
        assert_eq!((cuda.ctx_synchronize(), cuda.mem_free(memory)), (0, 1));
        assert_eq!(cuda.primary_state(0, &mut 0, &mut active), 0);
        assert_eq!((active, cuda.primary_set_flags_v2(0, 4)), (1, 0));
        assert_eq!(
            (cuda.primary_release_v2(0), cuda.primary_release_v2(0)),
            (0, 201)
        );
        assert_eq!(cuda.ctx_synchronize(), 709);
    });
}

#[test]
fn a_callback_is_told_the_state() {
    /// The stream, and the state plus one.
    static TOLD: Mutex<(usize, u32)> = Mutex::new((0, 0));
    unsafe extern "C" fn note(stream: usize, state: u32, data: *mut c_void) {
        assert_eq!(data.addr(), 7);
        *TOLD.lock().unwrap() = (stream, state + 1);
    }
    let told = || *TOLD.lock().unwrap();
    isolated("a_callback_is_told_the_state", || {
        let cuda = Cuda::start();
        let (stream, event) = (cuda.stream(), cuda.event());
        let data = std::ptr::without_provenance_mut(7);
        assert_eq!(cuda.add_callback(stream, Some(note), data, 1), 1);
        assert_eq!(cuda.add_callback(stream, None, data, 0), 1);
        assert_eq!(cuda.add_callback(99, Some(note), data, 0), 400);
        assert_eq!(cuda.add_callback(stream, Some(note), data, 0), 0);
        assert_eq!(cuda.stream_synchronize(stream), 0);
        assert_eq!(told(), (stream, 1));
        // One that waits while the context is left with an error.
        let slow = support::cuda::Picture {
            pixels: 0,
            pitch: 0,
            width: 0,
            height: 0,
        };
        assert_eq!(cuda.fill(cuda.function("fill"), stream, slow, 200, 0), 0);
        assert_eq!(cuda.add_callback(stream, Some(note), data, 0), 0);
        assert_eq!(cuda.event_record(event, stream), 0);
        break_context(cuda);
        for _ in 0..100 {
            if told() == (stream, 701) {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        assert_eq!(told(), (stream, 701));
        assert_eq!(cuda.event_query(event), 700);
    });
}

#[test]
fn events_are_recorded_with_flags() {
    on_each(
        "events_are_recorded_with_flags",
        &["r35.1", "r39.2"],
        || {
            let cuda = Cuda::start();
            let (event, stream, mut ms) = (cuda.event(), cuda.stream(), -1.0);
            assert_eq!(cuda.event_record_with(event, stream, 1), 1);
            assert_eq!(cuda.event_record_with(event, stream, 0), 0);
            assert_eq!(cuda.event_synchronize(event), 0);
            let elapsed = if support::release() == "r39.2" {
                cuda.elapsed_v2(&mut ms, event, event)
            } else {
                cuda.elapsed(&mut ms, event, event)
            };
            assert_eq!((elapsed, ms), (0, 0.0));
            let mut other = 0;
            assert_eq!(
                (
                    cuda.event_create(&mut other, 8),
                    cuda.event_create(&mut other, 4)
                ),
                (1, 1)
            );
            assert_eq!(cuda.event_create(&mut other, 6), 0);
        },
    );
}

#[test]
fn modules_come_from_files_too() {
    isolated("modules_come_from_files_too", || {
        let cuda = Cuda::start();
        let path = std::env::temp_dir().join(format!("nvmm-sim-{}.ptx", std::process::id()));
        std::fs::write(&path, support::PTX).unwrap();
        let path_c = std::ffi::CString::new(path.to_str().unwrap()).unwrap();
        let (mut module, mut function, mut size) = (0, 0, 0);
        assert_eq!(cuda.module_load_file(&mut module, path_c.as_ptr()), 0);
        std::fs::remove_file(&path).unwrap();
        assert_eq!(cuda.get_function(&mut function, module, c"add".as_ptr()), 0);
        assert_eq!(cuda.module_load_file(&mut module, path_c.as_ptr()), 301);
        assert_eq!(cuda.module_load_file(&mut module, std::ptr::null()), 1);
        let name = c"table".as_ptr();
        assert_eq!(cuda.get_global(&mut function, &mut size, module, name), 500);
        assert_eq!(cuda.get_global(&mut function, &mut size, 99, name), 400);
    });
}
