//! A life in which every call of the driver fails at every number: the right error, and nothing is left
//! behind. Which calls there are, the simulator's report says: what the life does more, is swept as well.
//! Simulator only.

mod nvmm;

use std::collections::BTreeMap;
use std::ffi::c_uint;
use std::sync::Arc;

use egl_cuda::sys::{CUarray_format, CUcontext};
use egl_cuda::{
    Array, Context, CudaFrame, DeviceMemory, Driver, ErrorKind, Event, ManagedMemory,
    MappedEglImage, PinnedMemory, Result, Sampling, Stream,
};
use nvmm::{NVBUF_LAYOUT_BLOCK_LINEAR, NVBUF_LAYOUT_PITCH, Surface};
use nvmm_sim_control::Simulator;

const OUT_OF_MEMORY: i32 = 2;

/// What the life has to call at least.
const ALWAYS: [&str; 36] = [
    "cuDeviceGet",
    "cuDeviceGetCount",
    "cuDeviceGetName",
    "cuDeviceGetAttribute",
    "cuDevicePrimaryCtxRetain",
    "cuCtxPushCurrent_v2",
    "cuCtxPopCurrent_v2",
    "cuCtxGetCurrent",
    "cuCtxSynchronize",
    "cuStreamCreate",
    "cuStreamDestroy_v2",
    "cuStreamSynchronize",
    "cuStreamQuery",
    "cuStreamWaitEvent",
    "cuStreamAttachMemAsync",
    "cuEventCreate",
    "cuEventDestroy_v2",
    "cuEventRecord",
    "cuEventSynchronize",
    "cuEventQuery",
    "cuEventElapsedTime",
    "cuMemAlloc_v2",
    "cuMemAllocPitch_v2",
    "cuMemAllocManaged",
    "cuMemFree_v2",
    "cuMemHostAlloc",
    "cuMemFreeHost",
    "cuMemHostGetDevicePointer_v2",
    "cuMemcpy2DAsync_v2",
    "cuArray3DCreate_v2",
    "cuArrayDestroy",
    "cuTexObjectCreate",
    "cuTexObjectDestroy",
    "cuSurfObjectCreate",
    "cuGraphicsEGLRegisterImage",
    "cuGraphicsUnregisterResource",
];

/// What is made, and what ends it.
const PAIRS: [(&[&str], &[&str]); 8] = [
    (
        &["cuDevicePrimaryCtxRetain"],
        &["cuDevicePrimaryCtxRelease", "cuDevicePrimaryCtxRelease_v2"],
    ),
    (&["cuStreamCreate"], &["cuStreamDestroy_v2"]),
    (&["cuEventCreate"], &["cuEventDestroy_v2"]),
    (
        &["cuMemAlloc_v2", "cuMemAllocPitch_v2", "cuMemAllocManaged"],
        &["cuMemFree_v2"],
    ),
    (&["cuMemHostAlloc"], &["cuMemFreeHost"]),
    (&["cuArray3DCreate_v2"], &["cuArrayDestroy"]),
    (
        &["cuTexObjectCreate", "cuSurfObjectCreate"],
        &["cuTexObjectDestroy", "cuSurfObjectDestroy"],
    ),
    (
        &["cuGraphicsEGLRegisterImage"],
        &["cuGraphicsUnregisterResource"],
    ),
];

fn register(context: &Context, surface: &Arc<Surface>) -> Result<CudaFrame> {
    // SAFETY: the image is live, and the surface keeps it.
    let mapped = unsafe { MappedEglImage::register(context, surface.image(), surface.clone()) };
    let frame = CudaFrame::new(Arc::new(mapped?), &surface.planes())?;
    // SAFETY: the layouts are those of the surface's own description.
    Ok(unsafe { frame.assume_layouts() })
}

/// Everything that the crate does with memory and frames.
fn life(linear: &Arc<Surface>, tiled: &Arc<Surface>) -> Result<()> {
    Context::devices()?;
    let context = Context::primary(0)?;
    context.device_name()?;
    context.is_integrated()?;
    Context::current_raw()?;
    let stream = Stream::new(&context)?;
    let (start, end) = (Event::with_timing(&context)?, Event::with_timing(&context)?);
    start.record(&stream)?;

    let mut pinned = PinnedMemory::new(&context, 64, 8)?;
    pinned.as_mut_slice()?.fill(7);
    pinned.device_address()?;
    let device = DeviceMemory::pitched(&context, 64, 8)?;
    let row = DeviceMemory::new(&context, 64)?;
    let array = Array::new(&context, 16, 8, CUarray_format::UNSIGNED_INT8, 4)?;
    let mut managed = ManagedMemory::new(&context, 64, 8)?;
    stream.copy(pinned.source(), device.target())?;
    stream.copy(device.source(), array.target())?;
    managed.attach(&stream)?;
    stream.copy(array.source(), managed.target())?;
    managed.attach_host(&stream)?;
    assert!(managed.as_slice()?.iter().all(|byte| *byte == 7));
    stream.copy(array.source(), pinned.target())?;
    assert!(pinned.as_slice()?.iter().all(|byte| *byte == 7));
    stream.copy_from_host(&[9; 64], 64, row.target())?;
    let mut host = [0; 64];
    stream.copy_to_host(row.source(), &mut host, 64)?;
    assert_eq!(host, [9; 64]);

    let (linear, tiled) = (register(&context, linear)?, register(&context, tiled)?);
    stream.copy_frame(&linear, &tiled)?;
    linear.texture_object(0, Sampling::default())?;
    tiled.texture_object(1, Sampling::default())?;
    tiled.surface_object(0)?;
    let ours = CudaFrame::from_memory([(device, 4)], None)?;
    let arrays = CudaFrame::from_arrays([array], None)?;
    stream.copy_frame(&ours, &arrays)?;
    ours.texture_object(0, Sampling::default())?;
    arrays.surface_object(0)?;

    end.record(&stream)?;
    stream.wait_event(&end)?;
    end.synchronize()?;
    end.is_complete()?;
    stream.is_complete()?;
    end.elapsed_since(&start)?;
    context.synchronize()?;
    if let Backed::Registered(mapped) = backing(tiled) {
        mapped.unregister()?;
    }
    Ok(())
}

enum Backed {
    Registered(MappedEglImage),
    Shared,
}

/// The registration that only this frame has.
fn backing(frame: CudaFrame) -> Backed {
    let mapped = frame.mapped().cloned();
    drop(frame);
    mapped
        .and_then(Arc::into_inner)
        .map_or(Backed::Shared, Backed::Registered)
}

type Calls = BTreeMap<String, u64>;

/// The driver's calls so far.
fn calls(simulator: &Simulator) -> Calls {
    let report = simulator.report();
    let calls = report["calls"].as_object().unwrap();
    let calls = calls.iter().filter(|(name, _)| name.starts_with("cu"));
    calls
        .map(|(name, count)| (name.clone(), count.as_u64().unwrap()))
        .collect()
}

fn since(simulator: &Simulator, before: &Calls) -> Calls {
    let mut after = calls(simulator);
    for (name, count) in &mut after {
        *count -= before[name];
    }
    after.retain(|_, count| *count > 0);
    after
}

/// What is alive on the device.
fn alive(simulator: &Simulator) -> [u64; 2] {
    ["device_allocations_alive", "registrations_alive"].map(|name| simulator.counter(name).unwrap())
}

/// How many more were made than ended, of all pairs; failed calls make nothing.
fn unpaired(calls: &Calls, failed: &str) -> u64 {
    let sum = |names: &[&str], without: &str| -> u64 {
        let count =
            |name: &&str| calls.get(*name).copied().unwrap_or(0) - u64::from(*name == without);
        names.iter().map(count).sum()
    };
    PAIRS
        .iter()
        .map(|(made, ended)| {
            sum(made, failed)
                .checked_sub(sum(ended, ""))
                .expect("ended twice")
        })
        .sum()
}

/// Takes what a failed pop left current.
fn pop_all() {
    let address = Driver::get()
        .unwrap()
        .symbol(c"cuCtxPopCurrent_v2")
        .unwrap();
    type Pop = unsafe extern "C" fn(*mut CUcontext) -> c_uint;
    // SAFETY: this is the function's type.
    let pop = unsafe { std::mem::transmute::<*mut std::ffi::c_void, Pop>(address.as_ptr()) };
    while !Context::current_raw().unwrap().is_null() {
        let mut context = std::ptr::null_mut();
        // SAFETY: the pointer is to a live handle.
        assert_eq!(unsafe { pop(&raw mut context) }, 0);
    }
}

fn surfaces() -> [Arc<Surface>; 2] {
    [NVBUF_LAYOUT_PITCH, NVBUF_LAYOUT_BLOCK_LINEAR].map(|layout| Arc::new(Surface::new(layout)))
}

/// Memory whose copies are on their way is waited for when it goes, and no other.
fn drops_wait_for_copies(simulator: &Simulator) {
    let context = Context::primary(0).unwrap();
    let stream = Stream::new(&context).unwrap();
    let surface = Arc::new(Surface::new(NVBUF_LAYOUT_BLOCK_LINEAR));
    let waits_of = |end: &mut dyn FnMut()| {
        let before = simulator.counter("cuEventSynchronize").unwrap();
        end();
        simulator.counter("cuEventSynchronize").unwrap() - before
    };
    let device = || DeviceMemory::pitched(&context, 638, 362).unwrap();
    let pinned = || PinnedMemory::new(&context, 638, 362).unwrap();
    for copies in [0, 1, 3] {
        let mut from = Some(pinned());
        let mut to = Some(device());
        let mut frame = Some(register(&context, &surface).unwrap());
        for _ in 0..copies {
            let (from, to) = (from.as_ref().unwrap(), to.as_ref().unwrap());
            let frame = frame.as_ref().unwrap();
            stream.copy(from.source(), to.target()).unwrap();
            stream.copy(to.source(), frame.target(0).unwrap()).unwrap();
        }
        let expected = copies.min(1);
        assert_eq!(waits_of(&mut || drop(from.take())), expected);
        assert_eq!(waits_of(&mut || drop(to.take())), expected);
        assert_eq!(waits_of(&mut || drop(frame.take())), expected);
    }
    // Noting a copy fails, and so does waiting for its stream: nothing is read, and the last wait is for
    // the whole context.
    let mut memory = pinned();
    let source = device();
    simulator.fail("cuEventRecord", 1, OUT_OF_MEMORY).unwrap();
    simulator
        .fail("cuStreamSynchronize", 1, OUT_OF_MEMORY)
        .unwrap();
    let error = stream.copy(
        source.source().part(0, 0, 638, 362).unwrap(),
        memory.target(),
    );
    assert_eq!(error.unwrap_err().call(), "cuEventRecord");
    drop(source);
    let mut noted = pinned();
    stream.copy(memory.source(), noted.target()).unwrap();
    noted.as_mut_slice().unwrap();
    simulator.fail("cuEventRecord", 1, OUT_OF_MEMORY).unwrap();
    simulator
        .fail("cuStreamSynchronize", 1, OUT_OF_MEMORY)
        .unwrap();
    stream.copy(noted.source(), memory.target()).unwrap_err();
    simulator
        .fail("cuCtxSynchronize", 1, OUT_OF_MEMORY)
        .unwrap();
    assert_eq!(noted.as_slice().unwrap_err().call(), "cuCtxSynchronize");
    let before = simulator.counter("cuCtxSynchronize").unwrap();
    noted.as_slice().unwrap();
    noted.as_slice().unwrap();
    assert_eq!(simulator.counter("cuCtxSynchronize").unwrap(), before + 1);
}

/// One test: failures and counters belong to the whole process.
#[test]
fn sim_every_call_fails_once_and_nothing_is_left_behind() {
    // The driver is opened at the first; this one keeps the context alive, so that what is left in it
    // shows.
    let _context = Context::primary(0).unwrap();
    let Some(simulator) = Simulator::loaded() else {
        return eprintln!("not run: hardware does not fail on demand");
    };
    drops_wait_for_copies(&simulator);
    let clean = {
        let [linear, tiled] = surfaces();
        let (before, balance) = (calls(&simulator), alive(&simulator));
        life(&linear, &tiled).unwrap();
        assert_eq!(alive(&simulator), balance);
        since(&simulator, &before)
    };
    for function in ALWAYS {
        assert!(clean.contains_key(function), "{function} is not called");
    }
    assert_eq!(unpaired(&clean, ""), 0);
    assert_eq!(clean["cuCtxPushCurrent_v2"], clean["cuCtxPopCurrent_v2"]);
    let (mut failed, mut dropped) = (0, 0);
    for (function, count) in &clean {
        let plain = function.strip_suffix("_v2").unwrap_or(function);
        let is_end = PAIRS
            .iter()
            .any(|(_, ended)| ended.contains(&function.as_str()));
        for number in 1..=*count {
            let at = format!("{function} number {number} of {count}");
            let [linear, tiled] = surfaces();
            let (before, balance) = (calls(&simulator), alive(&simulator));
            let injected = simulator.counter("faults_injected").unwrap();
            simulator.fail(function, number, OUT_OF_MEMORY).unwrap();
            let result = life(&linear, &tiled);
            let now = simulator.counter("faults_injected").unwrap();
            assert_eq!(now, injected + 1, "{at} came");
            let is_dropped = match result {
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::Cuda, "{at}: {error}");
                    assert_eq!(error.call(), plain, "{at}: {error}");
                    assert_eq!(error.code().unwrap().get(), 2, "{at}: {error}");
                    failed += 1;
                    false
                }
                Ok(()) => {
                    dropped += 1;
                    true
                }
            };
            pop_all();
            let calls = since(&simulator, &before);
            let after = alive(&simulator);
            let left: u64 = after
                .iter()
                .zip(balance)
                .map(|(now, then)| now - then)
                .sum();
            let unpaired = unpaired(&calls, function);
            if is_end {
                // It was called, and the driver kept what it said it did not end.
                // A registration that stays keeps its context.
                let kept = u64::from(function == "cuGraphicsUnregisterResource");
                assert_eq!(unpaired, kept, "{at}");
                assert!(left <= 1, "{at}: {left} are left");
            } else if function == "cuCtxPushCurrent_v2" && (is_dropped || after[1] != balance[1]) {
                // What would end in a context that cannot be made current (in a drop, or by hand) stays; a
                // frame has two objects, and its registration keeps the context.
                assert!(
                    unpaired <= 4 && left <= 1,
                    "{at}: {unpaired} unpaired, {left} left"
                );
            } else {
                assert_eq!((unpaired, left), (0, 0), "{at}");
            }
            if after[1] != balance[1] {
                // Its registration is left: the surface must not go before it.
                std::mem::forget((linear, tiled));
            }
            if function == "cuCtxPopCurrent_v2" {
                assert!(is_dropped, "{at}: a failed pop is only logged");
            }
        }
    }
    println!("{failed} errors, {dropped} failures in drops");
    let total: u64 = clean.values().sum();
    assert_eq!(failed + dropped, total);
    assert!(
        failed >= 100 && dropped >= 40,
        "{failed} errors, {dropped} in drops"
    );
    assert_eq!(simulator.counter("violations"), Some(0));
}
