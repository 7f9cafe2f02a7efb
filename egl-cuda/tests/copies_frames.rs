//! Copies between frames, and frames of memory, on whatever driver there is: the simulator's or a GPU's.

mod buffers;
mod nvmm;

use buffers::{drop_elsewhere, no_violations, nv12, read, start, write};
use egl_cuda::sys::{CUarray_format, CUeglColorFormat};
use egl_cuda::{Array, CudaFrame, DeviceMemory, ErrorKind, PinnedMemory, PixelOrder, PlaneLayout};
use nvmm::{NVBUF_LAYOUT_BLOCK_LINEAR, NVBUF_LAYOUT_PITCH, frame};

#[test]
fn sim_frames_are_copied_between_all_sources() {
    let (context, stream) = start();
    let ours = nv12(&context, 638, 362);
    let (linear, _) = frame(&context, NVBUF_LAYOUT_PITCH);
    // SAFETY: the layouts are those of the surface's own description.
    let linear = unsafe { linear.assume_layouts() };
    let (tiled, _) = frame(&context, NVBUF_LAYOUT_BLOCK_LINEAR);
    let array = |width, height, channels| {
        Array::new(
            &context,
            width,
            height,
            CUarray_format::UNSIGNED_INT8,
            channels,
        )
        .unwrap()
    };
    let planes = [array(638, 362, 1), array(319, 181, 2)];
    let arrays = CudaFrame::from_arrays(planes, None).unwrap();
    let last = nv12(&context, 638, 362);
    write(&stream, &ours, 5);
    let expected = read(&stream, &ours);
    assert_eq!(expected[1].len(), 638 * 181);
    let way = [&ours, &linear, &tiled, &arrays, &last];
    for pair in way.windows(2) {
        stream.copy_frame(pair[0], pair[1]).unwrap();
    }
    for frame in way {
        assert!(read(&stream, frame) == expected, "{frame:?}");
    }
    drop_elsewhere((ours, linear, tiled, arrays, last));
    no_violations();
}

#[test]
fn sim_the_second_plane_is_copied_only_if_somebody_vouches_for_it() {
    let (context, _) = start();
    let (linear, planes) = frame(&context, NVBUF_LAYOUT_PITCH);
    assert_eq!(linear.channels(), 1);
    assert_eq!(linear.element_type(), CUarray_format::UNSIGNED_INT8);
    let _ = linear.source(0).unwrap();
    let error = linear.source(1).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    assert!(
        error.to_string().contains("CudaFrame::assume_layouts"),
        "{error}"
    );
    assert_eq!(linear.target(1).unwrap_err().call(), "CudaFrame::target");
    // A frame of the same image is asked anew.
    // SAFETY: the layouts are those of the surface's own description.
    let vouched = unsafe { linear.clone().assume_layouts() };
    let source = vouched.source(1).unwrap();
    assert_eq!(source.row_bytes(), 638);
    assert_eq!(source.height(), planes[1].height as usize);
    assert!(linear.source(1).is_err());
    assert_eq!(
        vouched.source(2).unwrap_err().kind(),
        ErrorKind::PlaneOutOfRange
    );
    let (tiled, _) = frame(&context, NVBUF_LAYOUT_BLOCK_LINEAR);
    let _ = tiled.source(1).unwrap();
}

#[test]
fn frames_that_differ_are_not_copied() {
    let (context, stream) = start();
    let rgba = |format| {
        let memory = DeviceMemory::pitched(&context, 64 * 4, 16).unwrap();
        CudaFrame::from_memory([(memory, 4)], format).unwrap()
    };
    let (red_first, blue_first) = (
        rgba(Some(CUeglColorFormat::ABGR)),
        rgba(Some(CUeglColorFormat::ARGB)),
    );
    assert_eq!(red_first.pixel_order(), Some(PixelOrder::Rgba));
    assert_eq!(red_first.color_format(), Some(CUeglColorFormat::ABGR));
    let error = stream.copy_frame(&red_first, &blue_first).unwrap_err();
    assert!(
        error.to_string().contains("Rgba, the target's Bgra"),
        "{error}"
    );
    let unknown = rgba(None);
    assert_eq!(
        (unknown.color_format(), unknown.pixel_order()),
        (None, None)
    );
    stream.copy_frame(&red_first, &unknown).unwrap();
    let error = stream
        .copy_frame(&red_first, &nv12(&context, 64, 16))
        .unwrap_err();
    assert!(error.to_string().contains("the planes differ"), "{error}");

    // Memory goes while the copy is under way, and nobody waited.
    let large = PinnedMemory::new(&context, 4096, 512).unwrap();
    let target = DeviceMemory::pitched(&context, 4096, 512).unwrap();
    stream.copy(large.source(), target.target()).unwrap();
    drop(target);
    drop(large);
    drop(stream);
    no_violations();
}

#[test]
fn frames_of_memory_are_checked() {
    let (context, _) = start();
    let memory = || DeviceMemory::pitched(&context, 64, 8).unwrap();
    let refused = |result: egl_cuda::Result<CudaFrame>, why: &str| {
        let error = result.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
        assert!(error.to_string().contains(why), "{error}");
    };
    refused(
        CudaFrame::from_memory([(memory(), 3)], None),
        "no whole pixels of 3 bytes",
    );
    refused(
        CudaFrame::from_memory([(memory(), 0)], None),
        "no whole pixels of 0 bytes",
    );
    refused(CudaFrame::from_memory([], None), "a plane at least");
    refused(CudaFrame::from_arrays([], None), "a plane at least");
    let four = [0; 4].map(|_| (memory(), 1));
    refused(CudaFrame::from_memory(four, None), "1 to 3 planes, not 4");
    let larger = DeviceMemory::pitched(&context, 64, 9).unwrap();
    let planes = [(memory(), 1), (larger, 1)];
    refused(CudaFrame::from_memory(planes, None), "larger than plane 0");
    let arrays = [
        CUarray_format::UNSIGNED_INT8,
        CUarray_format::UNSIGNED_INT16,
    ]
    .map(|format| Array::new(&context, 8, 8, format, 1).unwrap());
    refused(CudaFrame::from_arrays(arrays, None), "types 0x1 and 0x2");

    let memory = memory();
    let layout = PlaneLayout {
        width: 32,
        height: 8,
        pitch: u32::try_from(memory.pitch()).unwrap(),
        bytes_per_pixel: 2,
    };
    let address = memory.address();
    let keep = std::sync::Arc::new(memory);
    let with = |address, layout: PlaneLayout| {
        let keep = std::sync::Arc::clone(&keep);
        // SAFETY: `layout` is that of the memory; where a test changes it, the frame is refused.
        unsafe { CudaFrame::from_device_ptr(&context, &[(address, layout)], None, keep) }
    };
    refused(with(0, layout), "plane 0 is null");
    refused(
        with(
            address,
            PlaneLayout {
                pitch: 63,
                ..layout
            },
        ),
        "pitch 63",
    );
    refused(
        with(
            address,
            PlaneLayout {
                height: 0,
                ..layout
            },
        ),
        "is empty",
    );
    assert_eq!(std::sync::Arc::strong_count(&keep), 1);
    let frame = with(address, layout).unwrap();
    assert!(frame.mapped().is_none());
    assert_eq!(
        (frame.channels(), frame.element_type()),
        (2, CUarray_format::UNSIGNED_INT8)
    );
    refused(
        frame.clone().with_element_type(CUarray_format::FLOAT),
        "no whole elements of type 0x20",
    );
    let ten_bits = frame
        .clone()
        .with_element_type(CUarray_format::UNSIGNED_INT16)
        .unwrap();
    assert_eq!((ten_bits.channels(), frame.channels()), (1, 2));
    assert_eq!(std::sync::Arc::strong_count(&keep), 2);
    drop_elsewhere(frame);
    drop_elsewhere(ten_bits);
    assert_eq!(std::sync::Arc::strong_count(&keep), 1);
}
