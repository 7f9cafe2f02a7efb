//! Memory and copies on whatever driver there is: the simulator's (ci/sim.sh) or a GPU's.

mod buffers;

use buffers::{HEIGHT, ROW, drop_elsewhere, no_violations, pattern, start};
use egl_cuda::sys::CUarray_format;
use egl_cuda::{
    Array, Context, DeviceMemory, ErrorKind, Event, ManagedMemory, PinnedMemory, Stream,
};
use nvmm_sim_control::Simulator;

#[test]
fn pixels_go_through_every_kind_of_memory() {
    let (context, stream) = start();
    let pixels = pattern(1, ROW * HEIGHT);
    let mut pinned = PinnedMemory::new(&context, ROW, HEIGHT).unwrap();
    assert!(pinned.as_slice().unwrap().iter().all(|byte| *byte == 0));
    pinned.as_mut_slice().unwrap().copy_from_slice(&pixels);
    let pitched = DeviceMemory::pitched(&context, ROW, HEIGHT).unwrap();
    assert!(pitched.pitch() >= ROW && pitched.height() == HEIGHT);
    let array = Array::new(&context, 33, 37, CUarray_format::UNSIGNED_INT8, 4).unwrap();
    let linear = DeviceMemory::pitched(&context, ROW, HEIGHT).unwrap();
    let mut managed = ManagedMemory::new(&context, ROW, HEIGHT).unwrap();
    assert!(managed.as_slice().unwrap().iter().all(|byte| *byte == 0));
    let mut back = PinnedMemory::new(&context, ROW, HEIGHT).unwrap();

    stream.copy(pinned.source(), pitched.target()).unwrap();
    stream.copy(pitched.source(), array.target()).unwrap();
    stream.copy(array.source(), linear.target()).unwrap();
    managed.attach(&stream).unwrap();
    stream.copy(linear.source(), managed.target()).unwrap();
    stream.copy(managed.source(), back.target()).unwrap();
    // Nobody has waited: the slices do.
    assert_eq!(back.as_slice().unwrap(), pixels);
    managed.attach_host(&stream).unwrap();
    assert_eq!(managed.as_slice().unwrap(), pixels);
    assert!(stream.is_complete().unwrap());

    // What the CPU writes into managed memory comes to the device.
    managed.as_mut_slice().unwrap().fill(9);
    managed.attach(&stream).unwrap();
    stream.copy(managed.source(), back.target()).unwrap();
    assert!(back.as_slice().unwrap().iter().all(|byte| *byte == 9));

    let row = DeviceMemory::new(&context, 4096).unwrap();
    assert_eq!(
        (row.row_bytes(), row.height(), row.pitch()),
        (4096, 1, 4096)
    );
    let mut out = vec![0; 4096];
    stream
        .copy_from_host(&pattern(2, 4096), 4096, row.target())
        .unwrap();
    stream.copy_to_host(row.source(), &mut out, 4096).unwrap();
    assert_eq!(out, pattern(2, 4096));
    assert!(Context::current_raw().unwrap().is_null());
    drop_elsewhere((pinned, pitched, array, linear, managed, back, row, stream));
    no_violations();
}

#[test]
fn rectangles_land_where_they_should_and_nowhere_else() {
    let (context, stream) = start();
    let (pixels, ground) = (pattern(3, ROW * HEIGHT), pattern(4, ROW * HEIGHT));
    let (from, to) = (
        DeviceMemory::pitched(&context, ROW, HEIGHT).unwrap(),
        Array::new(&context, 33, 37, CUarray_format::UNSIGNED_INT8, 4).unwrap(),
    );
    stream.copy_from_host(&pixels, ROW, from.target()).unwrap();
    stream.copy_from_host(&ground, ROW, to.target()).unwrap();
    let source = from
        .source()
        .part(5, 7, 40, 20)
        .unwrap()
        .part(3, 1, 24, 10)
        .unwrap();
    let target = to.target().part(16, 2, 24, 10).unwrap();
    assert_eq!((target.row_bytes(), target.height()), (24, 10));
    stream.copy(source, target).unwrap();
    // Into rows with a gap, which stays.
    let pitch = ROW + 20;
    let mut out = vec![0xee; pitch * (HEIGHT - 1) + ROW];
    stream.copy_to_host(to.source(), &mut out, pitch).unwrap();
    for (at, byte) in out.iter().enumerate() {
        let (x, y) = (at % pitch, at / pitch);
        let expected = match (x, y) {
            (ROW.., _) => 0xee,
            (16..40, 2..12) => pixels[(y - 2 + 8) * ROW + x - 16 + 8],
            _ => ground[y * ROW + x],
        };
        assert_eq!(*byte, expected, "byte {x} of row {y}");
    }

    let refused = |result: egl_cuda::Result<egl_cuda::CopySource<'_>>, why: &str| {
        let error = result.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
        assert!(error.to_string().contains(why), "{error}");
    };
    refused(from.source().part(0, 0, ROW + 1, 1), "not within");
    refused(from.source().part(1, 0, ROW, 1), "not within");
    refused(from.source().part(0, HEIGHT, 1, 1), "not within");
    refused(from.source().part(usize::MAX, 0, 2, 1), "not within");
    refused(from.source().part(0, 0, 0, 1), "not within");
    refused(to.source().part(2, 0, 8, 1), "whole pixels of 4 bytes");
    refused(to.source().part(4, 0, 6, 1), "whole pixels of 4 bytes");
}

#[test]
fn copies_that_cannot_be_are_refused() {
    let (context, stream) = start();
    let memory = DeviceMemory::pitched(&context, 64, 8).unwrap();
    let other = DeviceMemory::pitched(&context, 64, 9).unwrap();
    let refused = |result: egl_cuda::Result<()>, why: &str| {
        let error = result.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
        assert!(error.to_string().contains(why), "{error}");
    };
    refused(
        stream.copy(memory.source(), other.target()),
        "8 rows of 64 bytes, the target 9 of 64",
    );
    let mut short = vec![0; 64 * 8 - 1];
    refused(
        stream.copy_to_host(memory.source(), &mut short, 64),
        "511 bytes do not hold",
    );
    refused(
        stream.copy_from_host(&short, 64, memory.target()),
        "511 bytes do not hold",
    );
    refused(
        stream.copy_from_host(&short, 63, memory.target()),
        "pitch 63",
    );
    refused(
        stream.copy_from_host(&short, usize::MAX, memory.target()),
        "do not hold",
    );
    let mut managed = ManagedMemory::new(&context, 64, 8).unwrap();
    refused(
        stream.copy(memory.source(), managed.target()),
        "not attached to this stream",
    );
    let second = Stream::new(&context).unwrap();
    managed.attach(&second).unwrap();
    refused(
        stream.copy(managed.source(), memory.target()),
        "not attached to this stream",
    );
    second.copy(managed.source(), memory.target()).unwrap();
    refused(managed.as_slice().map(drop), "ManagedMemory::attach_host");
    refused(
        managed.as_mut_slice().map(drop),
        "ManagedMemory::attach_host",
    );
    // From one stream to the next.
    managed.attach(&stream).unwrap();
    stream.copy(managed.source(), memory.target()).unwrap();
    managed.attach_host(&stream).unwrap();
    managed.as_slice().unwrap();

    refused(DeviceMemory::new(&context, 0).map(drop), "nothing");
    refused(DeviceMemory::pitched(&context, 0, 3).map(drop), "nothing");
    refused(
        DeviceMemory::pitched(&context, usize::MAX, 2).map(drop),
        "more than there can be",
    );
    refused(
        PinnedMemory::new(&context, usize::MAX / 2, 2).map(drop),
        "more than there can be",
    );
    refused(
        ManagedMemory::new(&context, 1 << 40, 1 << 40).map(drop),
        "more than there can be",
    );
    let array =
        |width, format, channels| Array::new(&context, width, 8, format, channels).map(drop);
    refused(array(0, CUarray_format::FLOAT, 1), "0x8 pixels");
    refused(array(8, CUarray_format::FLOAT, 3), "not 3 of type 0x20");
    refused(array(8, CUarray_format(0x77), 1), "type 0x77");
}

#[test]
fn memory_that_is_out_says_what_helps() {
    let (context, _) = start();
    let error = DeviceMemory::new(&context, 1 << 46).unwrap_err();
    assert_eq!(
        (error.kind(), error.call()),
        (ErrorKind::Cuda, "cuMemAlloc")
    );
    assert_eq!(error.name(), Some("CUDA_ERROR_OUT_OF_MEMORY"));
    assert!(error.to_string().contains("keep fewer surfaces"), "{error}");
}

#[test]
fn time_passes_on_the_device() {
    let (context, stream) = start();
    let (first, second) = (
        Event::with_timing(&context).unwrap(),
        Event::with_timing(&context).unwrap(),
    );
    let memory = PinnedMemory::new(&context, 4096, 1024).unwrap();
    let target = DeviceMemory::pitched(&context, 4096, 1024).unwrap();
    first.record(&stream).unwrap();
    stream.copy(memory.source(), target.target()).unwrap();
    second.record(&stream).unwrap();
    second.synchronize().unwrap();
    let time = second.elapsed_since(&first).unwrap();
    assert!(time.as_nanos() > 0 && time.as_secs() < 60, "{time:?}");
    let error = first.elapsed_since(&second).unwrap_err();
    assert!(error.to_string().contains("the earlier one"), "{error}");
    let plain = Event::new(&context).unwrap();
    let error = second.elapsed_since(&plain).unwrap_err();
    assert!(error.to_string().contains("Event::with_timing"), "{error}");
    let unrecorded = Event::with_timing(&context).unwrap();
    let error = second.elapsed_since(&unrecorded).unwrap_err();
    assert_eq!(
        (error.kind(), error.call()),
        (ErrorKind::Cuda, "cuEventElapsedTime")
    );
}

#[test]
fn contexts_tell_of_their_device() {
    let (context, stream) = start();
    assert!(Context::devices().unwrap() >= 1);
    let (major, minor) = context.compute_capability().unwrap();
    assert!(major >= 5 && (0..10).contains(&minor), "{major}.{minor}");
    if Simulator::loaded().is_some() {
        assert!(context.is_integrated().unwrap());
    }
    let unknown = context
        .attribute(egl_cuda::sys::CUdevice_attribute(0xffff))
        .unwrap_err();
    assert_eq!(unknown.kind(), ErrorKind::Cuda);
    assert!(Context::current_raw().unwrap().is_null());
    {
        let _current = context.push().unwrap();
        assert_eq!(Context::current_raw().unwrap(), context.as_raw());
        // A call inside leaves it so.
        stream.synchronize().unwrap();
        assert_eq!(Context::current_raw().unwrap(), context.as_raw());
    }
    assert!(Context::current_raw().unwrap().is_null());
}

#[test]
fn sim_a_slice_waits_for_all_streams() {
    let (context, first) = start();
    let second = Stream::new(&context).unwrap();
    let Some(simulator) = Simulator::loaded() else {
        return eprintln!("not run: the order of streams is seen on the simulator");
    };
    // The second copy is short and done long before the first, which is the one to be waited for.
    let (rows, len) = (4096, 4096 * 4096);
    let source = DeviceMemory::pitched(&context, 4096, rows).unwrap();
    first
        .copy_from_host(&vec![3; len], 4096, source.target())
        .unwrap();
    let mut pinned = PinnedMemory::new(&context, 4096, rows).unwrap();
    // Of other rows: nothing orders the two streams.
    let last = rows - 1;
    for (stream, y, height) in [(&first, 0, last), (&second, last, 1)] {
        let from = source.source().part(0, y, 4096, height).unwrap();
        let to = pinned.target().part(0, y, 4096, height).unwrap();
        stream.copy(from, to).unwrap();
    }
    assert!(pinned.as_slice().unwrap().iter().all(|byte| *byte == 3));
    assert!(first.is_complete().unwrap());
    assert_eq!(simulator.counter("violations"), Some(0));
}
