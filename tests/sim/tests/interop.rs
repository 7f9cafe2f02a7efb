//! Surfaces in CUDA: registration, kernels, order.

mod support;

use std::os::unix::process::ExitStatusExt as _;

use nvbufsurface_sys::classic as sys;
use support::cuda::{Copy2D, Cuda, Frame, Half, Picture};
use support::surface::{Surface, params};
use support::{child, counter, isolated, text};

#[test]
fn a_frame_describes_its_surface() {
    isolated("a_frame_describes_its_surface", || {
        let cuda = Cuda::start();
        for (format, colour, planes, channels) in [
            (sys::NVBUF_COLOR_FORMAT_RGBA, 0x0e, 1, 4),
            (sys::NVBUF_COLOR_FORMAT_BGRx, 0x06, 1, 4),
            (sys::NVBUF_COLOR_FORMAT_NV12, 0x01, 2, 1),
            (sys::NVBUF_COLOR_FORMAT_YUV420, 0x00, 3, 1),
            (sys::NVBUF_COLOR_FORMAT_GRAY8, 0x52, 1, 1),
        ] {
            let surface = Surface::create(1, params(format)).unwrap();
            assert_eq!(surface.map_egl_image(0), 0);
            let (mut resource, mut frame) = (0, Frame::default());
            assert_eq!(cuda.register(&mut resource, surface.image(), 0), 0);
            assert_eq!(cuda.frame_of(&mut frame, resource, 0, 0), 0);
            let layout = surface.params(0).planeParams;
            assert_eq!(
                (frame.width, frame.height, frame.pitch),
                (64, 32, layout.pitch[0])
            );
            assert_eq!((frame.frame_type, frame.egl_color_format), (1, colour));
            assert_eq!(
                (frame.plane_count, frame.num_channels, frame.cu_format),
                (planes, channels, 1)
            );
            for plane in 0..planes as usize {
                let offset = (layout.offset[plane] - layout.offset[0]) as usize;
                assert_eq!(frame.planes[plane] - frame.planes[0], offset);
            }
            assert_eq!(cuda.unregister(resource), 0);
            assert_eq!((surface.unmap_egl_image(0), surface.destroy()), (0, 0));
        }
        let mut block = params(sys::NVBUF_COLOR_FORMAT_NV12);
        block.layout = sys::NVBUF_LAYOUT_BLOCK_LINEAR;
        let surface = Surface::create(1, block).unwrap();
        assert_eq!(surface.map_egl_image(0), 0);
        let (mut resource, mut frame) = (0, Frame::default());
        assert_eq!(cuda.register(&mut resource, surface.image(), 0), 0);
        assert_eq!(cuda.frame_of(&mut frame, resource, 0, 0), 0);
        assert_eq!(
            (frame.frame_type, frame.plane_count, frame.pitch),
            (0, 2, 0)
        );
        assert_eq!(cuda.unregister(resource), 0);
        assert_eq!((surface.unmap_egl_image(0), surface.destroy()), (0, 0));
        assert_eq!(
            (counter("violations"), counter("registrations_alive")),
            (0, 0)
        );
    });
}

#[test]
fn registration_refuses_what_tegra_refuses() {
    isolated("registration_refuses_what_tegra_refuses", || {
        let cuda = Cuda::start();
        let surface = Surface::rgba();
        assert_eq!(surface.map_egl_image(0), 0);
        let image = surface.image();
        let (mut resource, mut frame) = (0, Frame::default());
        assert_eq!(cuda.register(&mut resource, std::ptr::null_mut(), 0), 1);
        assert_eq!(cuda.register(&mut resource, std::ptr::dangling_mut(), 0), 1);
        assert_eq!(cuda.register(&mut resource, image, 1), 1);
        assert_eq!(cuda.register(std::ptr::null_mut(), image, 0), 1);
        let mut context = 0;
        assert_eq!(cuda.pop(&mut context), 0);
        assert_eq!(cuda.register(&mut resource, image, 0), 201);
        assert_eq!(counter("no-current-context"), 1);
        assert_eq!(cuda.push(context), 0);
        assert_eq!(surface.unmap_egl_image(0), 0);
        assert_eq!(cuda.register(&mut resource, image, 0), 1);
        assert_eq!(cuda.frame_of(&mut frame, 1234, 0, 0), 400);
        assert_eq!(cuda.unregister(1234), 400);
        assert_eq!((counter("registrations"), counter("violations")), (0, 1));
        assert_eq!(surface.destroy(), 0);
    });
}

#[test]
fn wrong_order_is_a_violation() {
    isolated("wrong_order_is_a_violation", || {
        let cuda = Cuda::start();
        let surface = Surface::rgba();
        assert_eq!(surface.map_egl_image(0), 0);
        let (resource, picture) = cuda.picture(surface.image());
        // EGLImage before its registration, then the surface before it, then a use after it.
        assert_eq!(surface.unmap_egl_image(0), 0);
        assert_eq!(counter("violations"), 1);
        let other = surface.shallow_copy();
        assert_eq!(other.map_egl_image(0), 0);
        assert_eq!(cuda.unregister(resource), 0);
        assert_eq!(cuda.unregister(resource), 400);
        let (fill, stream) = (cuda.function("fill"), cuda.stream());
        assert_eq!(cuda.fill(fill, stream, picture, 0, 1), 0);
        assert_eq!(counter("violations"), 2);
        assert_eq!(cuda.stream_synchronize(stream), 700);
        assert_eq!(other.unmap_egl_image(0), 0);
        assert_eq!(surface.destroy(), 0);
        assert_eq!(counter("violations"), 2);
    });
}

#[test]
fn another_context_is_told_no_frame_and_may_unregister() {
    isolated(
        "another_context_is_told_no_frame_and_may_unregister",
        || {
            let cuda = Cuda::start();
            let surface = Surface::rgba();
            assert_eq!(surface.map_egl_image(0), 0);
            let (mut resource, mut frame) = (0, Frame::default());
            assert_eq!(cuda.register(&mut resource, surface.image(), 0), 0);
            let mut other = 0;
            assert_eq!(cuda.ctx_create(&mut other, 0, 0), 0);
            assert_eq!(cuda.frame_of(&mut frame, resource, 0, 0), 201);
            assert_eq!(cuda.unregister(resource), 0);
            assert_eq!(cuda.unregister(resource), 400);
            assert_eq!(cuda.ctx_destroy(other), 0);
            assert_eq!((surface.unmap_egl_image(0), surface.destroy()), (0, 0));
            let left = counter("registrations_alive");
            assert_eq!((counter("violations"), left), (0, 0));
        },
    );
}

#[test]
fn work_in_flight_is_noticed() {
    isolated("work_in_flight_is_noticed", || {
        let cuda = Cuda::start();
        let surface = Surface::rgba();
        assert_eq!(surface.map_egl_image(0), 0);
        let (resource, picture) = cuda.picture(surface.image());
        let (fill, stream) = (cuda.function("fill"), cuda.stream());
        assert_eq!(cuda.fill(fill, stream, picture, 400, 9), 0);
        // Read without waiting: the old pixels, and counted.
        assert_eq!(surface.first_byte(0), 0);
        assert_eq!(counter("unsynchronised"), 1);
        assert_eq!(cuda.unregister(resource), 0);
        assert_eq!(counter("violations"), 1);
        assert_eq!(cuda.stream_synchronize(stream), 0);
        assert_eq!(surface.first_byte(0), 9);
        assert_eq!(counter("unsynchronised"), 1);
        assert_eq!((surface.unmap_egl_image(0), surface.destroy()), (0, 0));
    });
}

#[test]
fn rectangles_are_copied_between_all_places() {
    isolated("rectangles_are_copied_between_all_places", || {
        let cuda = Cuda::start();
        let mut block = params(sys::NVBUF_COLOR_FORMAT_GRAY8);
        block.layout = sys::NVBUF_LAYOUT_BLOCK_LINEAR;
        let surface = Surface::create(1, block).unwrap();
        assert_eq!(surface.map_egl_image(0), 0);
        let (mut resource, mut frame) = (0, Frame::default());
        assert_eq!(cuda.register(&mut resource, surface.image(), 0), 0);
        assert_eq!(cuda.frame_of(&mut frame, resource, 0, 0), 0);
        let mut memory = 0;
        assert_eq!(cuda.mem_alloc(&mut memory, 4 * 16), 0);
        let mut source: Vec<u8> = (0..32).collect();
        let mut result = vec![0u8; 32];
        let host = |bytes: &mut Vec<u8>| Half::host(bytes.as_mut_ptr().cast(), 8);
        // Host to an array, array to device memory, device memory back to the host.
        let mut array = Half::array(frame.planes[0]);
        (array.x_in_bytes, array.y) = (3, 5);
        let device = Half::device(memory, 16);
        let size = (8, 4);
        assert_eq!(
            cuda.copy_2d(&Copy2D::new(array, host(&mut source), size)),
            0
        );
        assert_eq!(cuda.copy_2d(&Copy2D::new(device, array, size)), 0);
        assert_eq!(
            cuda.copy_2d(&Copy2D::new(host(&mut result), device, size)),
            0
        );
        assert_eq!(source, result);
        // Over the end of the allocation, and out of an array that is gone.
        assert_eq!(
            cuda.copy_2d(&Copy2D::new(device, host(&mut source), (8, 5))),
            1
        );
        assert_eq!(cuda.unregister(resource), 0);
        assert_eq!(cuda.copy_2d(&Copy2D::new(device, array, size)), 1);
        assert_eq!((counter("engine_copies"), counter("engine_bytes")), (3, 96));
        assert_eq!((surface.unmap_egl_image(0), surface.destroy()), (0, 0));
    });
}

#[test]
fn the_cpu_cannot_touch_device_memory() {
    let output = child("the_cpu_cannot_touch_device_memory", &[], || {
        let cuda = Cuda::start();
        let surface = Surface::rgba();
        assert_eq!(surface.map_egl_image(0), 0);
        let (_, picture) = cuda.picture(surface.image());
        // Mapped for the CPU elsewhere: that does not open the device's addresses.
        assert_eq!(surface.map(0, 0, sys::NVBUF_MAP_READ), 0);
        let pixels = std::ptr::with_exposed_provenance::<u8>(picture.pixels);
        // SAFETY: crashes if the simulator does what it should.
        unsafe { pixels.read_volatile() };
    });
    assert_eq!(
        output.status.signal(),
        Some(libc::SIGSEGV),
        "{}",
        text(&output)
    );
}

#[test]
fn threads_share_the_platform() {
    isolated("threads_share_the_platform", || {
        let cuda = Cuda::start();
        let mut context = 0;
        assert_eq!(cuda.get_current(&mut context), 0);
        let (fill, shared) = (cuda.function("fill"), Surface::rgba());
        assert_eq!(shared.map_egl_image(0), 0);
        let (_, everyones) = cuda.picture(shared.image());
        // A quarter of the rows for each: nothing orders their streams.
        let quarter = everyones.height / 4;
        let start =
            move |number: u8| usize::from(number - 1) * (quarter * everyones.pitch) as usize;
        let work = move |number: u8| {
            assert_eq!(cuda.push(context), 0);
            let mine = Picture {
                pixels: everyones.pixels + start(number),
                height: quarter,
                ..everyones
            };
            let stream = cuda.stream();
            for value in 0..50u8 {
                let surface = Surface::rgba();
                assert_eq!(surface.map_egl_image(0), 0);
                let (resource, picture) = cuda.picture(surface.image());
                assert_eq!(cuda.fill(fill, stream, mine, 0, number), 0);
                assert_eq!(cuda.fill(fill, stream, picture, 0, value), 0);
                assert_eq!(cuda.stream_synchronize(stream), 0);
                assert_eq!(surface.first_byte(0), value);
                assert_eq!(cuda.unregister(resource), 0);
                assert_eq!((surface.unmap_egl_image(0), surface.destroy()), (0, 0));
            }
            assert_eq!(cuda.stream_destroy(stream), 0);
        };
        let threads: Vec<_> = (1..=4)
            .map(|n| std::thread::spawn(move || work(n)))
            .collect();
        threads
            .into_iter()
            .for_each(|thread| thread.join().unwrap());
        assert_eq!(
            (
                shared.map(0, 0, sys::NVBUF_MAP_READ),
                shared.sync_for_cpu(0, 0)
            ),
            (0, 0)
        );
        for number in 1..=4 {
            // SAFETY: within the plane, which is mapped.
            let at = unsafe { shared.addr(0).add(start(number)) };
            // SAFETY: as above.
            assert_eq!(unsafe { at.read_volatile() }, number);
        }
        assert_eq!(shared.unmap(0, 0), 0);
        assert_eq!(
            (counter("violations"), counter("registrations_alive")),
            (0, 1)
        );
        assert_eq!(
            (counter("surfaces_alive"), counter("launches_finished")),
            (1, 400)
        );
    });
}
