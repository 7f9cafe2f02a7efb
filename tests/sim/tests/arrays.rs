//! Arrays: of the program, and the planes of frames.

mod support;

use nvbufsurface_sys::classic as sys;
use support::cuda::{ArrayDesc, ArrayDesc3, Cuda, Frame};
use support::surface::{Surface, params};
use support::{counter, isolated};

const U8: u32 = 1;
const FLOAT: u32 = 0x20;

fn desc(width: usize, height: usize, depth: usize) -> ArrayDesc3 {
    ArrayDesc3 {
        width,
        height,
        depth,
        format: U8,
        channels: 1,
        flags: 0,
    }
}

#[test]
fn arrays_say_what_they_were_made_as() {
    isolated("arrays_say_what_they_were_made_as", || {
        let cuda = Cuda::start();
        let (mut array, mut free, mut now, mut total) = (0, 0, 0, 0);
        assert_eq!(cuda.mem_info(&mut free, &mut total), 0);
        let flat = ArrayDesc {
            width: 100,
            height: 50,
            format: FLOAT,
            channels: 4,
        };
        assert_eq!(cuda.array_create(&mut array, &flat), 0);
        assert_eq!(counter("device_allocations_alive"), 1);
        assert_eq!(cuda.mem_info(&mut now, &mut total), 0);
        assert!(now + 100 * 50 * 16 <= free, "it takes memory");
        let (mut seen, mut seen_3d) = (ArrayDesc::default(), ArrayDesc3::default());
        assert_eq!((cuda.array_desc(&mut seen, array), seen), (0, flat));
        assert_eq!(cuda.array_desc_3d(&mut seen_3d, array), 0);
        assert_eq!((seen_3d.width, seen_3d.depth, seen_3d.flags), (100, 0, 0));
        assert_eq!(cuda.array_destroy(array), 0);
        assert_eq!((cuda.mem_info(&mut now, &mut total), now), (0, free));
        assert_eq!(cuda.array_destroy(array), 400);
        assert_eq!(cuda.array_desc(&mut seen, array), 400);

        let mut layers = desc(16, 8, 4);
        (layers.flags, layers.channels) = (3, 2);
        assert_eq!(cuda.array_create_3d(&mut array, &layers), 0);
        assert_eq!(
            (cuda.array_desc_3d(&mut seen_3d, array), seen_3d),
            (0, layers)
        );
        assert_eq!(cuda.array_desc(&mut seen, array), 0);
        assert_eq!((seen.width, seen.height), (16, 8));
        assert_eq!(cuda.array_destroy(array), 0);
        assert_eq!(counter("device_allocations_alive"), 0);
    });
}

#[test]
fn impossible_arrays_are_refused() {
    isolated("impossible_arrays_are_refused", || {
        let cuda = Cuda::start();
        let mut array = 0;
        let good = desc(16, 16, 0);
        for (wrong, error) in [
            (desc(0, 16, 0), 1),
            (desc(16, 0, 4), 1),
            (desc(1 << 20, 0, 0), 1),
            (desc(16, 1 << 20, 0), 1),
            (desc(1 << 15, 16, 16), 1),
            (
                ArrayDesc3 {
                    channels: 3,
                    ..good
                },
                1,
            ),
            (
                ArrayDesc3 {
                    channels: 0,
                    ..good
                },
                1,
            ),
            (ArrayDesc3 { flags: 1, ..good }, 1),
            (
                ArrayDesc3 {
                    flags: 8,
                    ..desc(16, 16, 2)
                },
                1,
            ),
            (
                ArrayDesc3 {
                    flags: 0x8000,
                    ..good
                },
                1,
            ),
            // Cube maps and the formats of later versions are not simulated.
            (
                ArrayDesc3 {
                    flags: 4,
                    ..desc(16, 16, 6)
                },
                801,
            ),
            (
                ArrayDesc3 {
                    format: 0xb0,
                    ..good
                },
                801,
            ),
            // More than there is.
            (
                ArrayDesc3 {
                    format: FLOAT,
                    channels: 4,
                    ..desc(16_384, 16_384, 16_384)
                },
                2,
            ),
        ] {
            assert_eq!(cuda.array_create_3d(&mut array, &wrong), error, "{wrong:?}");
        }
        assert_eq!(cuda.array_create_3d(&mut array, std::ptr::null()), 1);
        assert_eq!(cuda.array_create_3d(std::ptr::null_mut(), &good), 1);
        assert_eq!(cuda.array_create(&mut array, std::ptr::null()), 1);
        assert_eq!(counter("device_allocations_alive"), 0);
    });
}

#[test]
fn the_planes_of_a_frame_are_arrays_that_stay() {
    isolated("the_planes_of_a_frame_are_arrays_that_stay", || {
        let cuda = Cuda::start();
        let mut block = params(sys::NVBUF_COLOR_FORMAT_NV12);
        block.layout = sys::NVBUF_LAYOUT_BLOCK_LINEAR;
        let surface = Surface::create(1, block).unwrap();
        assert_eq!(surface.map_egl_image(0), 0);
        let (mut resource, mut frame) = (0, Frame::default());
        assert_eq!(cuda.register(&mut resource, surface.image(), 0), 0);
        assert_eq!(cuda.frame_of(&mut frame, resource, 0, 0), 0);
        let mut seen = ArrayDesc3::default();
        for (plane, (width, height, channels)) in [(64, 32, 1), (32, 16, 2)].into_iter().enumerate()
        {
            let array = frame.planes[plane];
            assert_eq!(cuda.array_desc_3d(&mut seen, array), 0);
            let expected = ArrayDesc3 {
                channels,
                flags: 2,
                ..desc(width, height, 0)
            };
            assert_eq!(seen, expected);
            assert_eq!(cuda.array_destroy(array), 207, "it is the frame's");
            assert_eq!(cuda.array_desc_3d(&mut seen, array), 0);
        }
        assert_eq!(cuda.unregister(resource), 0);
        assert_eq!(cuda.array_desc_3d(&mut seen, frame.planes[0]), 400);
        assert_eq!((surface.unmap_egl_image(0), surface.destroy()), (0, 0));
        assert_eq!(counter("violations"), 0);
    });
}

#[test]
fn arrays_end_with_their_context() {
    isolated("arrays_end_with_their_context", || {
        let cuda = Cuda::start();
        let (mut context, mut array, mut memory, mut kept) = (0, 0, 0, 0);
        assert_eq!(cuda.mem_alloc(&mut kept, 64), 0);
        assert_eq!(cuda.ctx_create(&mut context, 0, 0), 0);
        assert_eq!(cuda.array_create_3d(&mut array, &desc(16, 16, 0)), 0);
        assert_eq!(cuda.mem_alloc(&mut memory, 64), 0);
        assert_eq!(counter("device_allocations_alive"), 3);
        assert_eq!(cuda.ctx_destroy(context), 0);
        assert_eq!(counter("device_allocations_alive"), 1);
        assert_eq!((cuda.array_destroy(array), cuda.mem_free(memory)), (400, 1));
        assert_eq!(cuda.mem_free(kept), 0);
    });
}
