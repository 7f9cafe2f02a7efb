//! Copies and fills: between memory of all types, in one, two and three dimensions.

mod support;

use std::ffi::c_void;

use support::cuda::{ArrayDesc3, Copy2D, Copy3D, Cuda, Half, Half3};
use support::{counter, isolated};

fn array(cuda: Cuda, width: usize, height: usize, depth: usize, channels: u32) -> usize {
    let desc = ArrayDesc3 {
        width,
        height,
        depth,
        format: 1,
        channels,
        flags: 0,
    };
    let mut array = 0;
    assert_eq!(cuda.array_create_3d(&mut array, &desc), 0);
    array
}

fn memory(cuda: Cuda, size: usize) -> usize {
    let mut address = 0;
    assert_eq!(cuda.mem_alloc(&mut address, size), 0);
    address
}

/// Bytes of device memory.
fn bytes(cuda: Cuda, address: usize, len: usize) -> Vec<u8> {
    let mut bytes = vec![0xee; len];
    assert_eq!(
        cuda.copy_to_host(bytes.as_mut_ptr().cast(), address, len),
        0
    );
    bytes
}

fn rectangle(bytes: &mut [u8], pitch: usize) -> Half {
    Half::host(bytes.as_mut_ptr().cast(), pitch)
}

#[test]
fn rectangles_go_between_all_types() {
    isolated("rectangles_go_between_all_types", || {
        let cuda = Cuda::start();
        let (first, second) = (array(cuda, 20, 10, 0, 2), array(cuda, 20, 10, 0, 2));
        let linear = memory(cuda, 64 * 10);
        let mut source: Vec<u8> = (0..100).collect();
        let mut result = vec![0u8; 100];
        let size = (8, 5);
        // Host, array, array, device, unified device, unified host.
        let steps = [
            (
                Half::array(first).at(4, 2),
                rectangle(&mut source, 20).at(2, 0),
            ),
            (Half::array(second).at(32, 5), Half::array(first).at(4, 2)),
            (
                Half::device(linear, 64).at(1, 1),
                Half::array(second).at(32, 5),
            ),
            (
                Half::unified(result.as_mut_ptr().expose_provenance(), 20).at(2, 0),
                Half::unified(linear, 64).at(1, 1),
            ),
        ];
        for (i, (to, from)) in steps.into_iter().enumerate() {
            let copy = Copy2D::new(to, from, size);
            let done = match i % 3 {
                0 => cuda.copy_2d(&copy),
                1 => cuda.copy_2d_unaligned(&copy),
                _ => cuda.copy_2d_async(&copy, 0),
            };
            assert_eq!((i, done), (i, 0));
        }
        for (i, byte) in result.iter().enumerate() {
            let is_inside = (2..10).contains(&(i % 20)) && i / 20 < 5;
            let expected = if is_inside { i as u8 } else { 0 };
            assert_eq!(*byte, expected, "{i}");
        }
        assert_eq!(
            (counter("engine_copies"), counter("engine_bytes")),
            (4, 160)
        );
        let empty = Copy2D::new(Half::array(first), rectangle(&mut source, 20), (0, 5));
        assert_eq!((cuda.copy_2d(&empty), counter("engine_copies")), (0, 4));
    });
}

#[test]
fn a_rectangle_stays_inside_its_array() {
    isolated("a_rectangle_stays_inside_its_array", || {
        let cuda = Cuda::start();
        let pixels = array(cuda, 20, 10, 0, 2);
        let mut source = vec![7u8; 2000];
        let host = rectangle(&mut source, 100);
        let copy = |x, y, w, h| {
            let to = Half::array(pixels).at(x, y);
            cuda.copy_2d(&Copy2D::new(to, host, (w, h)))
        };
        // All of it, to the last column and row, and one too many; half an element.
        assert_eq!(copy(0, 0, 40, 10), 0);
        assert_eq!(copy(38, 9, 2, 1), 0);
        assert_eq!(copy(38, 0, 4, 1), 1);
        assert_eq!(copy(0, 9, 2, 2), 1);
        assert_eq!(copy(0, usize::MAX, 2, 2), 1);
        assert_eq!(copy(usize::MAX - 1, 0, 4, 1), 1);
        assert_eq!(copy(1, 0, 2, 1), 1);
        assert_eq!(copy(0, 0, 3, 1), 1);
        // Types and pitches that are none.
        let mut strange = host;
        strange.memory_type = 5;
        let to = Half::array(pixels);
        assert_eq!(cuda.copy_2d(&Copy2D::new(to, strange, (2, 2))), 1);
        let narrow = rectangle(&mut source, 3);
        assert_eq!(cuda.copy_2d(&Copy2D::new(to, narrow, (4, 2))), 1);
        let wide = rectangle(&mut source, 1 << 40);
        assert_eq!(cuda.copy_2d(&Copy2D::new(to, wide, (4, 2))), 1);
        let null = Half::host(std::ptr::null_mut(), 100);
        assert_eq!(cuda.copy_2d(&Copy2D::new(to, null, (4, 2))), 1);
        assert_eq!(cuda.copy_2d(std::ptr::null()), 1);
        assert_eq!(cuda.array_destroy(pixels), 0);
        assert_eq!(copy(0, 0, 2, 1), 1);
    });
}

#[test]
fn boxes_are_copied() {
    isolated("boxes_are_copied", || {
        let cuda = Cuda::start();
        let solid = array(cuda, 8, 6, 4, 1);
        let linear = memory(cuda, 32 * 6 * 4);
        let mut source: Vec<u8> = (0..=191).collect();
        let mut result = vec![0u8; 8 * 6 * 4];
        let host = |bytes: &mut [u8]| Half3::of(rectangle(bytes, 8), 6);
        let inside = Half3::of(Half::array(solid).at(2, 1), 0).slice(1);
        let device = Half3::of(Half::device(linear, 32).at(3, 2), 6).slice(1);
        let size = [4, 3, 2];
        for (to, from) in [
            (inside, host(&mut source).slice(2)),
            (device, inside),
            (host(&mut result).slice(2), device),
        ] {
            assert_eq!(cuda.copy_3d(&Copy3D { from, to, size }), 0);
        }
        for (i, byte) in result.iter().enumerate() {
            let (x, y, z) = (i % 8, i / 8 % 6, i / 48);
            let expected = if x < 4 && y < 3 && z >= 2 {
                source[i]
            } else {
                0
            };
            assert_eq!(*byte, expected, "{x} {y} {z}");
        }
        assert_eq!((counter("engine_copies"), counter("engine_bytes")), (3, 72));
        // One slice, row or column too many, an overlap of slices, a level of detail.
        let from = host(&mut source);
        for size in [[4, 3, 4], [4, 6, 2], [7, 3, 2]] {
            assert_eq!(
                cuda.copy_3d(&Copy3D {
                    from,
                    to: inside,
                    size
                }),
                1
            );
        }
        let flat = Half3::of(rectangle(&mut source, 8), 2);
        assert_eq!(
            cuda.copy_3d(&Copy3D {
                from: flat,
                to: inside,
                size
            }),
            1
        );
        let mut detail = from;
        detail.level_of_detail = 1;
        assert_eq!(
            cuda.copy_3d(&Copy3D {
                from: detail,
                to: inside,
                size
            }),
            1
        );
        let over = Half3::of(Half::device(linear, 32), 6).slice(3);
        assert_eq!(
            cuda.copy_3d(&Copy3D {
                from: over,
                to: inside,
                size
            }),
            1
        );
        assert_eq!(
            cuda.copy_3d_async(
                &Copy3D {
                    from,
                    to: inside,
                    size
                },
                0
            ),
            0
        );
        assert_eq!(
            cuda.copy_3d_async(
                &Copy3D {
                    from,
                    to: inside,
                    size
                },
                99
            ),
            400
        );
        assert_eq!(cuda.copy_3d(std::ptr::null()), 1);
    });
}

#[test]
fn lines_go_from_and_to_arrays() {
    isolated("lines_go_from_and_to_arrays", || {
        let cuda = Cuda::start();
        let (first, second) = (array(cuda, 64, 0, 0, 1), array(cuda, 64, 0, 0, 1));
        let (linear, flat) = (memory(cuda, 64), array(cuda, 64, 2, 0, 1));
        let source: Vec<u8> = (100..164).collect();
        let mut result = vec![0u8; 64];
        let from = source.as_ptr().cast::<c_void>();
        assert_eq!(cuda.host_to_array(first, 0, from, 64), 0);
        assert_eq!(cuda.array_to_array(second, 10, first, 20, 30), 0);
        assert_eq!(cuda.array_to_device(linear, second, 10, 30), 0);
        assert_eq!(bytes(cuda, linear, 30), source[20..50]);
        assert_eq!(cuda.device_to_array(first, 34, linear, 30), 0);
        assert_eq!(
            cuda.array_to_host(result.as_mut_ptr().cast(), first, 0, 64),
            0
        );
        assert_eq!(
            (&result[..34], &result[34..]),
            (&source[..34], &source[20..50])
        );
        assert_eq!(cuda.host_to_array_async(first, 0, from, 64, 0), 0);
        // Over the end, of two dimensions, of none.
        assert_eq!(cuda.host_to_array(first, 1, from, 64), 1);
        assert_eq!(cuda.host_to_array(first, usize::MAX, from, 2), 1);
        assert_eq!(cuda.host_to_array(flat, 0, from, 1), 1);
        assert_eq!(cuda.array_to_array(99, 0, first, 0, 1), 1);
        assert_eq!(cuda.array_to_device(linear, first, 0, 65), 1);
        // The addresses of an array's memory are nobody's.
        assert_eq!(cuda.copy_to_host(result.as_mut_ptr().cast(), first, 1), 1);
    });
}

#[test]
fn the_driver_finds_out_what_an_address_is() {
    isolated("the_driver_finds_out_what_an_address_is", || {
        let cuda = Cuda::start();
        let (first, second, stream) = (memory(cuda, 16), memory(cuda, 16), cuda.stream());
        let source: Vec<u8> = (0..16).collect();
        let mut result = vec![0u8; 16];
        let (from, to) = (source.as_ptr(), result.as_mut_ptr());
        assert_eq!(cuda.copy(first, from.expose_provenance(), 16), 0);
        assert_eq!(cuda.copy_async(second, first, 16, stream), 0);
        assert_eq!(cuda.stream_synchronize(stream), 0);
        assert_eq!(cuda.copy(to.expose_provenance(), second, 16), 0);
        assert_eq!(source, result);
        assert_eq!(cuda.copy(first, second, 17), 1);
        assert_eq!(cuda.copy(first, 0, 1), 1);
        assert_eq!(cuda.copy_async(first, second, 1, 99), 400);
    });
}

#[test]
fn memory_is_filled_with_elements() {
    isolated("memory_is_filled_with_elements", || {
        let cuda = Cuda::start();
        let (address, stream) = (memory(cuda, 64), cuda.stream());
        assert_eq!(cuda.memset(address, 0, 64), 0);
        assert_eq!(cuda.memset_16(address + 2, 0x0201, 3), 0);
        assert_eq!(cuda.memset_32(address + 12, 0x0403_0201, 1), 0);
        let expected = [0, 0, 1, 2, 1, 2, 1, 2, 0, 0, 0, 0, 1, 2, 3, 4, 0];
        assert_eq!(bytes(cuda, address, 17), expected);
        assert_eq!(cuda.fill_8(address, 16, 9, 3, 2), 0);
        assert_eq!(bytes(cuda, address, 20)[..4], [9, 9, 9, 2]);
        assert_eq!(bytes(cuda, address + 16, 4), [9, 9, 9, 0]);
        assert_eq!(cuda.fill_16(address, 16, 0x0807, 1, 4), 0);
        assert_eq!(bytes(cuda, address + 48, 3), [7, 8, 0]);
        assert_eq!(
            cuda.fill_32_async(address, 32, 0x0d0c_0b0a, 2, 2, stream),
            0
        );
        assert_eq!(cuda.memset_async(address, 5, 1, stream), 0);
        assert_eq!(cuda.stream_synchronize(stream), 0);
        assert_eq!(bytes(cuda, address, 9), [5, 11, 12, 13, 10, 11, 12, 13, 0]);
        assert_eq!(bytes(cuda, address + 36, 4), [10, 11, 12, 13]);
        // Alignment, pitch, length.
        assert_eq!(cuda.memset_16(address + 1, 0, 1), 1);
        assert_eq!(cuda.memset_32(address + 2, 0, 1), 1);
        assert_eq!(cuda.memset_32(address, 0, 17), 1);
        assert_eq!(cuda.memset_32(address, 0, usize::MAX), 1);
        assert_eq!(cuda.fill_16(address, 15, 0, 1, 2), 1);
        assert_eq!(cuda.fill_16(address, 2, 0, 2, 2), 1);
        assert_eq!(cuda.fill_8(address, 16, 0, 16, 5), 1);
        assert_eq!(cuda.fill_8(address, 16, 0, 16, 4), 0);
        let mut host = [1u8; 4];
        assert_eq!(cuda.memset(host.as_mut_ptr().expose_provenance(), 0, 4), 1);
        assert_eq!(cuda.fill_8(address, 16, 1, 0, 4), 0);
        assert_eq!(bytes(cuda, address, 64), [0; 64]);
    });
}
