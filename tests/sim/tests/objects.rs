//! Texture and surface objects, and kernels that use them.

mod support;

use std::ffi::c_void;

use nvbufsurface_sys::classic as sys;
use support::cuda::{ArrayDesc3, Copy2D, Cuda, Frame, Half, ResourceDesc, TextureDesc};
use support::surface::{Surface, params};
use support::{counter, isolated};

/// Pixels stay integers, coordinates are elements.
const PLAIN: TextureDesc = TextureDesc {
    address_mode: [1; 3],
    filter_mode: 0,
    flags: 1,
    max_anisotropy: 0,
    mipmap_filter_mode: 0,
    mipmap_level: [0.0; 3],
    border: [0.0; 4],
    reserved: [0; 12],
};

fn array(cuda: Cuda, (width, height): (usize, usize), flags: u32) -> usize {
    let desc = ArrayDesc3 {
        width,
        height,
        depth: 0,
        format: 1,
        channels: 1,
        flags,
    };
    let mut array = 0;
    assert_eq!(cuda.array_create_3d(&mut array, &desc), 0);
    array
}

fn texture(cuda: Cuda, desc: &ResourceDesc) -> Result<u64, u32> {
    let mut texture = 0;
    match cuda.texture_create(&mut texture, desc, &PLAIN, std::ptr::null()) {
        0 => Ok(texture),
        error => Err(error),
    }
}

fn surface(cuda: Cuda, array: usize) -> Result<u64, u32> {
    let mut surface = 0;
    match cuda.surface_create(&mut surface, &ResourceDesc::array(array)) {
        0 => Ok(surface),
        error => Err(error),
    }
}

fn paint(cuda: Cuda, function: usize, stream: usize, to: u64, from: u64) -> u32 {
    let (mut to, mut from) = (to, from);
    let mut list: [*mut c_void; 2] = [(&raw mut to).cast(), (&raw mut from).cast()];
    cuda.launch(function, stream, &mut list)
}

/// A registered block-linear frame of one byte a pixel.
fn frame(cuda: Cuda) -> (Surface, usize, usize) {
    let mut block = params(sys::NVBUF_COLOR_FORMAT_GRAY8);
    block.layout = sys::NVBUF_LAYOUT_BLOCK_LINEAR;
    let surface = Surface::create(1, block).unwrap();
    assert_eq!(surface.map_egl_image(0), 0);
    let (mut resource, mut frame) = (0, Frame::default());
    assert_eq!(cuda.register(&mut resource, surface.image(), 0), 0);
    assert_eq!(cuda.frame_of(&mut frame, resource, 0, 0), 0);
    (surface, resource, frame.planes[0])
}

#[test]
fn a_kernel_reads_a_texture_and_writes_a_surface_of_frames() {
    isolated(
        "a_kernel_reads_a_texture_and_writes_a_surface_of_frames",
        || {
            let cuda = Cuda::start();
            let (source, source_resource, source_array) = frame(cuda);
            let (result, result_resource, result_array) = frame(cuda);
            assert_eq!(source.mem_set(0, 0, 0x35), 0);
            let from = texture(cuda, &ResourceDesc::array(source_array)).unwrap();
            let to = surface(cuda, result_array).unwrap();
            let (function, stream) = (cuda.function("paint"), cuda.stream());
            assert_eq!(paint(cuda, function, stream, to, from), 0);
            assert_eq!(cuda.stream_synchronize(stream), 0);
            assert_eq!(result.first_byte(0), !0x35);
            assert_eq!(source.first_byte(0), 0x35);
            // The last pixel too, by way of a copy.
            let mut pixel = 0u8;
            let host = Half::host((&raw mut pixel).cast(), 1);
            let corner = Half::array(result_array).at(63, 31);
            assert_eq!(cuda.copy_2d(&Copy2D::new(host, corner, (1, 1))), 0);
            assert_eq!(pixel, !0x35);
            // What the CPU wrote and did not give to the device is noticed by a launch.
            assert_eq!(counter("violations"), 0);
            assert_eq!(source.map(0, 0, sys::NVBUF_MAP_WRITE), 0);
            // SAFETY: the plane is mapped for writing.
            unsafe { source.addr(0).write_volatile(1) };
            assert_eq!(paint(cuda, function, stream, to, from), 0);
            assert_eq!(counter("device-read-without-sync"), 1);
            assert_eq!(source.unmap(0, 0), 0);
            assert_eq!(cuda.stream_synchronize(stream), 0);
            assert_eq!(
                (cuda.texture_destroy(from), cuda.surface_destroy(to)),
                (0, 0)
            );
            for (surface, resource) in [(source, source_resource), (result, result_resource)] {
                assert_eq!(cuda.unregister(resource), 0);
                assert_eq!((surface.unmap_egl_image(0), surface.destroy()), (0, 0));
            }
            assert_eq!(counter("violations"), 1);
        },
    );
}

#[test]
fn objects_make_their_frames_busy() {
    isolated("objects_make_their_frames_busy", || {
        let cuda = Cuda::start();
        let (picture, resource, pixels) = frame(cuda);
        let (from, to) = (array(cuda, (64, 32), 0), surface(cuda, pixels).unwrap());
        let from = texture(cuda, &ResourceDesc::array(from)).unwrap();
        let (function, fill, stream) =
            (cuda.function("paint"), cuda.function("fill"), cuda.stream());
        // Something slow before it, so that the kernel is surely not done.
        let slow = support::cuda::Picture {
            pixels: 0,
            pitch: 0,
            width: 0,
            height: 0,
        };
        assert_eq!(cuda.fill(fill, stream, slow, 300, 0), 0);
        assert_eq!(paint(cuda, function, stream, to, from), 0);
        assert_eq!(picture.first_byte(0), 0, "not painted yet");
        assert_eq!(counter("unsynchronised"), 1);
        assert_eq!(cuda.unregister(resource), 0);
        assert_eq!(counter("unregister-while-busy"), 1);
        assert_eq!(cuda.ctx_synchronize(), 0);
        assert_eq!(picture.first_byte(0), 0xff);
    });
}

#[test]
fn handles_may_lie_in_device_memory() {
    isolated("handles_may_lie_in_device_memory", || {
        let cuda = Cuda::start();
        let (from_array, to_array) = (array(cuda, (8, 4), 0), array(cuda, (8, 4), 2));
        let from = texture(cuda, &ResourceDesc::array(from_array)).unwrap();
        let to = surface(cuda, to_array).unwrap();
        let (mut list, handles) = (0, [to, from]);
        assert_eq!(cuda.mem_alloc(&mut list, 16), 0);
        assert_eq!(cuda.copy_to_device(list, handles.as_ptr().cast(), 16), 0);
        let function = cuda.function("paint_all");
        assert_eq!(cuda.launch(function, 0, &mut [(&raw mut list).cast()]), 0);
        let mut pixel = 0u8;
        let host = Half::host((&raw mut pixel).cast(), 1);
        let corner = Half::array(to_array).at(7, 3);
        assert_eq!(cuda.copy_2d(&Copy2D::new(host, corner, (1, 1))), 0);
        assert_eq!(pixel, 0xff);
        // A handle that is none leaves the context with an illegal address.
        assert_eq!(cuda.surface_destroy(to), 0);
        assert_eq!(cuda.launch(function, 0, &mut [(&raw mut list).cast()]), 0);
        assert_eq!(cuda.stream_synchronize(0), 700);
        assert_eq!(cuda.ctx_synchronize(), 700);
        assert_eq!(counter("violations"), 0);
    });
}

#[test]
fn a_surface_behind_a_handle_in_device_memory_has_to_be_registered() {
    let test = "a_surface_behind_a_handle_in_device_memory_has_to_be_registered";
    isolated(test, || {
        let cuda = Cuda::start();
        let picture = Surface::rgba();
        assert_eq!(picture.map_egl_image(0), 0);
        let (resource, pixels) = cuda.picture(picture.image());
        let desc = ResourceDesc::pitched(pixels.pixels, [8, 4, pixels.pitch as usize]);
        let to_array = array(cuda, (8, 4), 2);
        let handles = [
            surface(cuda, to_array).unwrap(),
            texture(cuda, &desc).unwrap(),
        ];
        let mut list = 0;
        assert_eq!(cuda.mem_alloc(&mut list, 16), 0);
        assert_eq!(cuda.copy_to_device(list, handles.as_ptr().cast(), 16), 0);
        let function = cuda.function("paint_all");
        assert_eq!(cuda.launch(function, 0, &mut [(&raw mut list).cast()]), 0);
        assert_eq!(cuda.stream_synchronize(0), 0);
        assert_eq!(cuda.unregister(resource), 0);
        assert_eq!(cuda.launch(function, 0, &mut [(&raw mut list).cast()]), 0);
        assert_eq!(cuda.stream_synchronize(0), 700);
        assert_eq!(counter("unregistered-surface"), 1);
    });
}

#[test]
fn textures_are_made_of_arrays_and_linear_memory() {
    isolated("textures_are_made_of_arrays_and_linear_memory", || {
        let cuda = Cuda::start();
        let mut memory = 0;
        assert_eq!(cuda.mem_alloc(&mut memory, 4096), 0);
        assert_eq!(cuda.memset(memory, 0x0f, 4096), 0);
        let target = array(cuda, (10, 6), 2);
        let (to, function) = (surface(cuda, target).unwrap(), cuda.function("paint"));
        for desc in [
            ResourceDesc::linear(memory + 512, 100),
            ResourceDesc::pitched(memory, [10, 6, 64]),
            ResourceDesc::pitched(memory + 512, [3, 2, 32]),
        ] {
            let from = texture(cuda, &desc).unwrap();
            let mut seen = ResourceDesc::default();
            assert_eq!((cuda.texture_resource(&mut seen, from), seen), (0, desc));
            let mut how = TextureDesc::default();
            assert_eq!((cuda.texture_desc(&mut how, from), how), (0, PLAIN));
            assert_eq!(cuda.texture_view((&raw mut how).cast(), from), 1);
            assert_eq!(paint(cuda, function, 0, to, from), 0);
            assert_eq!(cuda.stream_synchronize(0), 0);
            let mut pixel = 0u8;
            let host = Half::host((&raw mut pixel).cast(), 1);
            let corner = Half::array(target).at(9, 5);
            assert_eq!(cuda.copy_2d(&Copy2D::new(host, corner, (1, 1))), 0);
            assert_eq!(pixel, 0xf0);
            assert_eq!(cuda.texture_destroy(from), 0);
            assert_eq!(cuda.texture_destroy(from), 1);
            assert_eq!(cuda.texture_resource(&mut seen, from), 1);
        }
        // Address, pitch, length and size of linear memory.
        for desc in [
            ResourceDesc::linear(memory + 256, 100),
            ResourceDesc::linear(memory, 4097),
            ResourceDesc::linear(memory, 0),
            ResourceDesc::linear(0, 100),
            ResourceDesc::pitched(memory, [10, 6, 48]),
            ResourceDesc::pitched(memory, [65, 6, 64]),
            ResourceDesc::pitched(memory, [10, 65, 64]),
            ResourceDesc::pitched(memory, [0, 6, 64]),
            ResourceDesc::pitched(memory, [usize::MAX, usize::MAX, 1 << 63]),
            ResourceDesc::array(99),
            ResourceDesc {
                kind: 7,
                ..ResourceDesc::array(target)
            },
            ResourceDesc {
                flags: 1,
                ..ResourceDesc::array(target)
            },
        ] {
            assert_eq!(texture(cuda, &desc), Err(1), "{desc:?}");
        }
        assert_eq!(
            texture(
                cuda,
                &ResourceDesc {
                    kind: 1,
                    ..ResourceDesc::default()
                }
            ),
            Err(801)
        );
    });
}

#[test]
fn what_no_driver_takes_is_refused() {
    isolated("what_no_driver_takes_is_refused", || {
        let cuda = Cuda::start();
        let (plain, good) = (array(cuda, (8, 8), 0), array(cuda, (8, 8), 2));
        // A surface needs the flag on the array, and an array.
        assert_eq!(surface(cuda, plain), Err(1));
        let to = surface(cuda, good).unwrap();
        let mut out = 0;
        let pitched = ResourceDesc::pitched(good, [8, 8, 32]);
        assert_eq!(cuda.surface_create(&mut out, &pitched), 1);
        assert_eq!(cuda.surface_create(&mut out, std::ptr::null()), 1);
        assert_eq!(
            cuda.surface_create(std::ptr::null_mut(), &ResourceDesc::array(good)),
            1
        );
        let mut seen = ResourceDesc::default();
        assert_eq!(
            (cuda.surface_desc(&mut seen, to), seen),
            (0, ResourceDesc::array(good))
        );
        // A surface is no texture, and the other way round.
        let resource = ResourceDesc::array(good);
        let from = texture(cuda, &resource).unwrap();
        assert_eq!(
            (cuda.texture_destroy(to), cuda.surface_destroy(from)),
            (1, 1)
        );
        let null = std::ptr::null();
        for how in [
            TextureDesc {
                filter_mode: 2,
                ..PLAIN
            },
            TextureDesc {
                address_mode: [4, 0, 0],
                ..PLAIN
            },
            TextureDesc {
                flags: 0x100,
                ..PLAIN
            },
        ] {
            assert_eq!(
                cuda.texture_create(&mut out, &resource, &how, null),
                1,
                "{how:?}"
            );
        }
        let smooth = TextureDesc {
            filter_mode: 1,
            flags: 2,
            ..PLAIN
        };
        assert_eq!(cuda.texture_create(&mut out, &resource, &smooth, null), 0);
        // A driver takes it for bytes that stay integers, too.
        let whole = TextureDesc {
            filter_mode: 1,
            ..PLAIN
        };
        assert_eq!(cuda.texture_create(&mut out, &resource, &whole, null), 0);
        assert_eq!(
            cuda.texture_create(&mut out, &resource, null.cast(), null),
            1
        );
        let view = [0u8; 112];
        assert_eq!(
            cuda.texture_create(&mut out, &resource, &PLAIN, view.as_ptr().cast()),
            801
        );
        assert_eq!(counter("unsupported"), 1);
        // The array of an object that is launched with is gone.
        assert_eq!(cuda.array_destroy(good), 0);
        assert_eq!(paint(cuda, cuda.function("paint"), 0, to, from), 0);
        assert_eq!(cuda.stream_synchronize(0), 700);
        assert_eq!((cuda.surface_destroy(to), counter("violations")), (700, 0));
    });
}

#[test]
fn an_object_of_an_unregistered_frame_is_a_violation() {
    isolated("an_object_of_an_unregistered_frame_is_a_violation", || {
        let cuda = Cuda::start();
        let (picture, resource, pixels) = frame(cuda);
        let to = surface(cuda, pixels).unwrap();
        let from = texture(cuda, &ResourceDesc::array(pixels)).unwrap();
        assert_eq!(cuda.unregister(resource), 0);
        assert_eq!(paint(cuda, cuda.function("paint"), 0, to, from), 0);
        assert_eq!(counter("unregistered-surface"), 1);
        assert_eq!(cuda.stream_synchronize(0), 700);
        assert_eq!((picture.unmap_egl_image(0), picture.destroy()), (0, 0));
    });
}
