//! `libEGL.so.1`: displays, EGLImages of dmabufs, sync objects.

mod support;

use std::ffi::{c_int, c_void};
use std::process::Command;

use nvbufsurface_sys::classic as sys;
use nvbufsurface_sys::nvbuf_utils::r32_6 as legacy;
use support::cuda::{Cuda, Frame};
use support::egl::*;
use support::surface::{Surface, params};
use support::{built, counter, function_of, root, text};

const NULL_INT: *mut c_int = std::ptr::null_mut();

#[test]
fn displays_and_what_they_say() {
    isolated("displays_and_what_they_say", || {
        let egl = Egl::load();
        assert!(
            egl.string(0, EXTENSIONS)
                .contains("EGL_EXT_platform_device")
        );
        let display = egl.get_display(0);
        assert_ne!(display, 0);
        assert_eq!(egl.get_display(0), display);
        // Not before eglInitialize.
        assert_eq!(egl.string(display, EXTENSIONS), "");
        assert_eq!(egl.error(), NOT_INITIALIZED);
        assert_eq!(egl.error(), SUCCESS);
        let (mut major, mut minor) = (0, 0);
        assert_eq!(egl.initialize(display, &mut major, &mut minor), 1);
        assert_eq!((major, minor), (1, 5));
        let extensions = egl.string(display, EXTENSIONS);
        for extension in ["EGL_EXT_image_dma_buf_import", "EGL_KHR_stream_fifo"] {
            assert!(extensions.contains(extension), "{extensions}");
        }
        assert!(egl.string(display, 0x3054).starts_with("1.5 "));
        assert_eq!(egl.string(display, 7), "");
        assert_eq!(egl.error(), BAD_PARAMETER);
        // No such display, platform, native display.
        assert_eq!(egl.initialize(1234, NULL_INT, NULL_INT), 0);
        assert_eq!(egl.error(), BAD_DISPLAY);
        let null = std::ptr::null();
        assert_eq!(egl.platform_display(0x31d5, 0, null), 0);
        assert_eq!(egl.error(), BAD_PARAMETER);
        assert_eq!(egl.platform_display(DEVICE_PLATFORM, 0, null), 0);
        assert_eq!(egl.error(), BAD_PARAMETER);
        assert_eq!((egl.get_display(1234), egl.error()), (0, SUCCESS));
        // The device's display is another one, and knows the device, which is CUDA's.
        let (_, other) = Egl::start();
        assert_ne!(other, display);
        let (mut device, mut cuda) = (0isize, -1isize);
        assert_eq!(egl.display_attribute(other, 0x322c, &mut device), 1);
        assert_eq!(
            egl.device_attribute(device.cast_unsigned(), 0x323a, &mut cuda),
            1
        );
        assert_eq!(cuda, 0);
        assert_eq!((egl.terminate(display), egl.terminate(display)), (1, 1));
        assert_eq!(egl.string(display, EXTENSIONS), "");
        assert!(proc_address("eglNoSuchFunction").is_null());
        assert_eq!(counter("violations"), 0);
    });
}

#[test]
fn errors_are_of_the_thread() {
    isolated("errors_are_of_the_thread", || {
        let egl = Egl::load();
        assert_eq!(egl.initialize(1, NULL_INT, NULL_INT), 0);
        std::thread::spawn(move || assert_eq!(egl.error(), SUCCESS))
            .join()
            .unwrap();
        assert_eq!(egl.error(), BAD_DISPLAY);
        assert_eq!(egl.bind_api(0x30a2), 1);
        assert_eq!(egl.query_api(), 0x30a2);
        assert_eq!((egl.bind_api(0x30a1), egl.error()), (0, BAD_PARAMETER));
        assert_eq!((egl.release_thread(), egl.query_api()), (1, 0x30a0));
        assert_eq!(support::fail("eglQueryDevicesEXT", 1, 0x3003), 0);
        assert_eq!(egl.devices(0, std::ptr::null_mut(), NULL_INT), 0);
        assert_eq!(egl.error(), 0x3003);
    });
}

#[test]
fn contexts_and_configurations_are_not_there() {
    let output = child("contexts_and_configurations_are_not_there", &[], || {
        let (egl, display) = Egl::start();
        let (mut config, mut count) = (0, -1);
        let null = std::ptr::null();
        assert_eq!(
            egl.choose_config(display, null, &mut config, 1, &mut count),
            1
        );
        assert_eq!(count, 0);
        assert_eq!(egl.create_context(display, 0, 0, null), 0);
        assert_eq!(egl.error(), BAD_CONFIG);
        assert_eq!(egl.make_current(display, 0, 0, 0), 1);
        assert_eq!(egl.make_current(display, 0, 0, 5), 0);
        assert_eq!(egl.error(), BAD_CONTEXT);
        assert_eq!(egl.current_context(), 0);
    });
    assert!(output.status.success());
    assert!(text(&output).contains("GL contexts and surfaces are not simulated"));
}

#[test]
fn a_dead_x_server_and_the_ways_around_it() {
    let dead = [("NVMM_SIM_DISPLAY", "dead")];
    let output = child("a_dead_x_server_and_the_ways_around_it", &dead, || {
        let egl = Egl::load();
        let display = egl.get_display(0);
        assert_eq!(egl.initialize(display, NULL_INT, NULL_INT), 0);
        assert_eq!(egl.error(), NOT_INITIALIZED);
        let surface = Surface::rgba();
        assert_eq!(surface.map_egl_image(0), -1);
        let library = "libnvbuf_utils.so.1.0.0";
        let image: legacy::PFN_NvEGLImageFromFd = function_of(library, "NvEGLImageFromFd");
        let fd = support::legacy::create(2).unwrap();
        // SAFETY: without a display the library has its own.
        assert!(unsafe { image(std::ptr::null_mut(), fd) }.is_null());
        // The device's display is there all the same.
        let (_, device) = Egl::start();
        let device: *mut c_void = std::ptr::with_exposed_provenance_mut(device);
        // SAFETY: a display.
        assert!(!unsafe { image(device, fd) }.is_null());
        assert_eq!((surface.destroy(), counter("violations")), (0, 0));
    });
    assert!(output.status.success(), "{}", text(&output));
    assert_eq!(text(&output).matches("unset DISPLAY").count(), 3);
}

/// Attributes without their end.
type Pairs = Vec<(c_int, c_int)>;

/// The attributes of a surface's buffer as a dmabuf.
fn dmabuf(surface: &Surface, fourcc: &[u8; 4]) -> Pairs {
    let params = surface.params(0);
    let fd = c_int::try_from(params.bufferDesc).unwrap();
    let mut list = vec![
        (0x3057, params.width.cast_signed()),
        (0x3056, params.height.cast_signed()),
        (0x3271, u32::from_le_bytes(*fourcc).cast_signed()),
    ];
    for plane in 0..params.planeParams.num_planes.cast_signed() {
        let (name, index) = (0x3272 + 3 * plane, plane as usize);
        list.push((name, fd));
        list.push((name + 1, params.planeParams.offset[index].cast_signed()));
        list.push((name + 2, params.planeParams.pitch[index].cast_signed()));
    }
    list
}

fn import(egl: &Egl, display: usize, attributes: &[(c_int, c_int)]) -> usize {
    egl.create_image(display, 0, DMA_BUF, 0, list(attributes).as_ptr())
}

#[test]
fn a_dmabuf_gets_to_cuda() {
    isolated("a_dmabuf_gets_to_cuda", || {
        let ((egl, display), cuda) = (Egl::start(), Cuda::start());
        for (format, fourcc, colour) in [
            (sys::NVBUF_COLOR_FORMAT_RGBA, b"AB24", 0x0e),
            // What the importer says it is.
            (sys::NVBUF_COLOR_FORMAT_RGBA, b"AR24", 0x06),
            (sys::NVBUF_COLOR_FORMAT_NV12, b"NV12", 0x01),
            (sys::NVBUF_COLOR_FORMAT_NV12_709, b"NV12", 0x57),
            (sys::NVBUF_COLOR_FORMAT_YUV420, b"YU12", 0x00),
            (sys::NVBUF_COLOR_FORMAT_GRAY8, b"R8  ", 0x52),
        ] {
            let surface = Surface::create(1, params(format)).unwrap();
            assert_eq!(surface.mem_set(0, 0, 7), 0);
            let attributes = dmabuf(&surface, fourcc);
            let image = import(&egl, display, &attributes);
            assert_ne!(image, 0, "{:#x}", egl.error());
            let (mut resource, mut frame, mut byte) = (0, Frame::default(), 0u8);
            let pointer = std::ptr::with_exposed_provenance_mut(image);
            assert_eq!(cuda.register(&mut resource, pointer, 0), 0);
            assert_eq!(cuda.frame_of(&mut frame, resource, 0, 0), 0);
            assert_eq!((frame.egl_color_format, frame.width), (colour, 64));
            let to = (&raw mut byte).cast();
            assert_eq!(cuda.copy_to_host(to, frame.planes[0], 1), 0);
            assert_eq!(byte, 7);
            // And back.
            assert_eq!(cuda.memset(frame.planes[0], 9, 1), 0);
            assert_eq!(surface.first_byte(0), 9);
            assert_eq!(cuda.unregister(resource), 0);
            assert_eq!(egl.destroy_image(display, image), 1);
            assert_eq!(
                (egl.destroy_image(display, image), egl.error()),
                (0, BAD_PARAMETER)
            );
            assert_eq!(surface.destroy(), 0);
        }
        assert_eq!((counter("violations"), counter("egl_images_alive")), (0, 0));
    });
}

#[test]
fn a_duplicate_and_the_attributes_of_egl_15() {
    isolated("a_duplicate_and_the_attributes_of_egl_15", || {
        let (egl, display) = Egl::start();
        let surface = Surface::create(1, params(sys::NVBUF_COLOR_FORMAT_NV12)).unwrap();
        let mut attributes = dmabuf(&surface, b"NV12");
        // SAFETY: the fd is the surface's.
        let other = unsafe { libc::dup(attributes[3].1) };
        attributes[3].1 = other;
        attributes.extend([(0x327b, 0x3280), (0x327c, 0x3282), (0x327d, 0x3284)]);
        let wide: Vec<isize> = list(&attributes).iter().map(|v| *v as isize).collect();
        let image = egl.create_image_15(display, 0, DMA_BUF, 0, wide.as_ptr());
        assert_ne!(image, 0, "{:#x}", egl.error());
        // SAFETY: the duplicate is ours; EGL has no use for it any more.
        assert_eq!(unsafe { libc::close(other) }, 0);
        // eglTerminate ends what was made with the display.
        assert_eq!(
            (counter("egl_images_alive"), egl.terminate(display)),
            (1, 1)
        );
        assert_eq!(counter("egl_images_alive"), 0);
        assert_eq!((surface.destroy(), counter("violations")), (0, 0));
    });
}

#[test]
fn wrong_attributes_have_the_errors_of_the_extension() {
    isolated("wrong_attributes_have_the_errors_of_the_extension", || {
        let (egl, display) = Egl::start();
        let surface = Surface::create(1, params(sys::NVBUF_COLOR_FORMAT_NV12)).unwrap();
        let right = dmabuf(&surface, b"NV12");
        let refused = |change: &dyn Fn(&mut Pairs)| {
            let mut attributes = right.clone();
            change(&mut attributes);
            assert_eq!(import(&egl, display, &attributes), 0, "{attributes:x?}");
            egl.error()
        };
        for missing in 0..right.len() {
            let without = refused(&|list| {
                list.remove(missing);
            });
            assert_eq!(without, BAD_PARAMETER);
        }
        assert_eq!(refused(&|list| list[0].1 = 32), BAD_PARAMETER);
        assert_eq!(refused(&|list| list[1].1 = -1), BAD_PARAMETER);
        let fourcc = |letters: &[u8; 4]| u32::from_le_bytes(*letters).cast_signed();
        assert_eq!(refused(&|list| list[2].1 = fourcc(b"ABCD")), BAD_MATCH);
        assert_eq!(refused(&|list| list[2].1 = fourcc(b"R8  ")), BAD_MATCH);
        assert_eq!(refused(&|list| list[3].1 = 0), BAD_PARAMETER);
        assert_eq!(refused(&|list| list[3].1 = -1), BAD_PARAMETER);
        assert_eq!(refused(&|list| list[4].1 = 8), BAD_ACCESS);
        assert_eq!(refused(&|list| list[5].1 += 1), BAD_ACCESS);
        assert_eq!(refused(&|list| list[6].1 = 1), BAD_PARAMETER);
        assert_eq!(refused(&|list| list.push((0x3278, 3))), BAD_ATTRIBUTE);
        assert_eq!(refused(&|list| list.push((0x327b, 1))), BAD_ATTRIBUTE);
        assert_eq!(refused(&|list| list.push((0x9999, 1))), BAD_ATTRIBUTE);
        let list = list(&right);
        let create = |display, context, target, buffer| {
            let image = egl.create_image(display, context, target, buffer, list.as_ptr());
            assert_eq!(image, 0);
            egl.error()
        };
        assert_eq!(create(display, 1, DMA_BUF, 0), BAD_CONTEXT);
        assert_eq!(create(display, 0, 0x30b1, 0), BAD_PARAMETER);
        assert_eq!(create(display, 0, DMA_BUF, 1), BAD_PARAMETER);
        assert_eq!(create(1, 0, DMA_BUF, 0), BAD_DISPLAY);
        assert_eq!(counter("egl_images_alive"), 0);
    });
}

#[test]
fn images_of_the_libraries_and_displays() {
    isolated("images_of_the_libraries_and_displays", || {
        let library = "libnvbuf_utils.so.1.0.0";
        let image: legacy::PFN_NvEGLImageFromFd = function_of(library, "NvEGLImageFromFd");
        let destroy: legacy::PFN_NvDestroyEGLImage = function_of(library, "NvDestroyEGLImage");
        let fd = support::legacy::create(2).unwrap();
        let foreign = std::ptr::dangling_mut::<u64>().cast();
        // As long as nobody asked this EGL, the display can be another one's.
        // SAFETY: a display is never looked into.
        let made = unsafe { image(foreign, fd) };
        assert!(!made.is_null());
        // SAFETY: the image just made.
        assert_eq!(unsafe { destroy(foreign, made) }, 0);
        let (egl, display) = Egl::start();
        // SAFETY: as above.
        assert!(unsafe { image(foreign, fd) }.is_null());
        let pointer = std::ptr::with_exposed_provenance_mut(display);
        // SAFETY: a display.
        let made = unsafe { image(pointer, fd) };
        assert_eq!(egl.destroy_image(display, made.addr()), 1);
        // The image of NvBufSurfaceMapEglImage is its own.
        let surface = Surface::rgba();
        assert_eq!(surface.map_egl_image(0), 0);
        assert_eq!(egl.destroy_image(display, surface.image().addr()), 0);
        assert_eq!(egl.error(), BAD_PARAMETER);
        assert_eq!((surface.unmap_egl_image(0), surface.destroy()), (0, 0));
        assert_eq!(egl.terminate(display), 1);
        // SAFETY: a display.
        assert!(unsafe { image(pointer, fd) }.is_null());
        assert_eq!((counter("violations"), counter("egl_images_alive")), (0, 0));
    });
}

#[test]
fn sync_objects() {
    isolated("sync_objects", || {
        let (egl, display) = Egl::start();
        let null = std::ptr::null();
        // A fence is one of a GL context.
        assert_eq!(
            (egl.create_sync(display, 0x30f9, null), egl.error()),
            (0, BAD_MATCH)
        );
        assert_eq!(
            (egl.create_sync(display, 7, null), egl.error()),
            (0, BAD_ATTRIBUTE)
        );
        let sync = egl.create_sync(display, 0x30fa, null);
        assert_eq!(counter("egl_syncs_alive"), 1);
        let status = || {
            let mut status = 0;
            assert_eq!(egl.sync_attribute(display, sync, 0x30f1, &mut status), 1);
            status
        };
        assert_eq!(status(), 0x30f3);
        assert_eq!(egl.client_wait(display, sync, 1, 0), 0x30f5);
        let start = std::time::Instant::now();
        assert_eq!(egl.client_wait(display, sync, 0, 20_000_000), 0x30f5);
        assert!(start.elapsed().as_millis() >= 20);
        let waiter = std::thread::spawn(move || egl.client_wait(display, sync, 0, u64::MAX));
        std::thread::sleep(std::time::Duration::from_millis(20));
        assert_eq!(egl.signal(display, sync, 0x30f2), 1);
        assert_eq!((waiter.join().unwrap(), status()), (0x30f6, 0x30f2));
        assert_eq!(
            (egl.signal(display, sync, 5), egl.error()),
            (0, BAD_PARAMETER)
        );
        assert_eq!((egl.signal(display, sync, 0x30f3), status()), (1, 0x30f3));
        // Its end wakes who waits.
        let waiter = std::thread::spawn(move || egl.client_wait(display, sync, 0, u64::MAX));
        std::thread::sleep(std::time::Duration::from_millis(20));
        assert_eq!(egl.destroy_sync(display, sync), 1);
        assert_eq!(waiter.join().unwrap(), 0x30f6);
        assert_eq!(
            (egl.destroy_sync(display, sync), egl.error()),
            (0, BAD_PARAMETER)
        );
        assert_eq!(counter("egl_syncs_alive"), 0);
    });
}

#[test]
fn a_cuda_stream_waits_for_a_sync_object() {
    isolated("a_cuda_stream_waits_for_a_sync_object", || {
        let ((egl, display), cuda, ends) = (Egl::start(), Cuda::start(), Ends::load());
        let sync = egl.create_sync(display, 0x30fa, std::ptr::null());
        let (mut event, stream) = (0, cuda.stream());
        assert_eq!(ends.event_of_sync(&mut event, 1234, 0), 1);
        assert_eq!(ends.event_of_sync(&mut event, sync, 4), 1);
        assert_eq!(ends.event_of_sync(std::ptr::null_mut(), sync, 0), 1);
        assert_eq!(ends.event_of_sync(&mut event, sync, 1), 0);
        assert_eq!(cuda.event_query(event), 600);
        assert_eq!(cuda.stream_wait(stream, event, 0), 0);
        // It is the sync object's event, and nobody else's.
        assert_eq!(cuda.event_record(event, stream), 400);
        std::thread::sleep(std::time::Duration::from_millis(30));
        assert_eq!(cuda.stream_query(stream), 600);
        assert_eq!(egl.signal(display, sync, 0x30f2), 1);
        assert_eq!(cuda.stream_synchronize(stream), 0);
        assert_eq!(
            (cuda.event_synchronize(event), cuda.event_query(event)),
            (0, 0)
        );
    });
}

/// The functions of EGL 1.5, by version: nothing that a program links may be missing.
#[test]
fn it_exports_egl_15_and_nothing_else() {
    let library = built(support::DEFAULT).join("../egl/libEGL.so.1");
    let output = Command::new("nm")
        .args(["-D", "--defined-only"])
        .arg(&library)
        .output()
        .unwrap();
    let exported = String::from_utf8(output.stdout).unwrap();
    let exported: Vec<_> = exported
        .lines()
        .filter_map(|line| line.split_whitespace().last())
        .collect();
    let shim = std::fs::read_to_string(root().join("tests/sim/shims/libEGL.h")).unwrap();
    assert_eq!(exported.len(), 24 + 4 + 5 + 1 + 10);
    for name in exported {
        assert!(shim.contains(&format!("SYMBOL({name})")), "{name}");
    }
}

#[test]
fn it_finds_the_core_in_the_other_folder() {
    for release in support::releases() {
        let library = built(&release).parent().unwrap().join("egl/libEGL.so.1");
        let output = Command::new("readelf").arg("-dW").arg(&library).output();
        let dynamic = String::from_utf8(output.unwrap().stdout).unwrap();
        for wanted in [
            "soname: [libEGL.so.1]",
            "path: [$ORIGIN/../lib]",
            "[libnvmm_sim.so]",
        ] {
            assert!(dynamic.contains(wanted), "{release}: {dynamic}");
        }
    }
}

#[test]
fn it_is_only_there_when_asked_for() {
    let folder = built(support::DEFAULT);
    assert!(!folder.join("libEGL.so.1").exists());
    let print = ["sh", "-c", "echo $LD_LIBRARY_PATH"];
    let path = |wanted: &str, inner: &str| {
        let script = root().join("ci/sim.sh");
        let output = support::runner(support::DEFAULT)
            .env("NVMM_SIM_EGL", wanted)
            .args(["env", &format!("NVMM_SIM_EGL={inner}")])
            .arg(script)
            .args(print)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", text(&output));
        String::from_utf8(output.stdout).unwrap()
    };
    let egl = folder.parent().unwrap().join("egl");
    let with = format!("{}:{}\n", egl.display(), folder.display());
    let without = format!("{}\n", folder.display());
    assert_eq!([path("1", "1"), path("0", "1")], [with.as_str(), &with]);
    assert_eq!(
        [path("0", "0"), path("1", "0")],
        [without.as_str(), &without]
    );
}
