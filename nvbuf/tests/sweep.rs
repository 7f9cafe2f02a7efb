//! A surface's life in which every call of the library fails at every number: the right error, and
//! nothing is left behind. Which calls there are, the simulator's report says: what the life does
//! more, is swept as well. Simulator only.

mod releases;

use std::collections::BTreeMap;
use std::sync::Arc;

use nvbuf::sys::Library;
use nvbuf::{
    Access, ColorFormat, CudaBuffer, DeviceInfo, EglImage, ErrorKind, GpuL2, MapParams, Surface,
};
use nvmm_sim_control::Simulator;

/// What every release has to sweep at least.
const ALWAYS: [&str; 10] = [
    "NvBufSurfaceCreate",
    "NvBufSurfaceDestroy",
    "NvBufSurfaceMap",
    "NvBufSurfaceUnMap",
    "NvBufSurfaceSyncForCpu",
    "NvBufSurfaceSyncForDevice",
    "NvBufSurfaceCopy",
    "NvBufSurfaceFromFd",
    "NvBufSurfaceMapEglImage",
    "NvBufSurfaceUnMapEglImage",
];

/// What those have that share surfaces between processes.
const SHARING: [&str; 2] = ["NvBufSurfaceGetMapParams", "NvBufSurfaceImport"];

/// What the extended family has.
const EXTENDED: [&str; 4] = [
    "NvBufSurfaceMapCudaBuffer",
    "NvBufSurfaceUnMapCudaBuffer",
    "NvBufSurfaceSyncGpuL2CacheForDevice",
    "NvBufSurfaceGetDeviceInfo",
];

/// Calls that are (also) made when something is dropped: there nobody gets the error. What they
/// failed to end is ended later, but for a surface: if it is destroyed or not after a failure is
/// not known, and a second time could be one too many.
///
/// With each, how many of its calls in a life are such.
const IN_DROPS: [(&str, InDrops); 5] = [
    ("NvBufSurfaceDestroy", InDrops::All),
    // Of `map_mut`, two planes.
    ("NvBufSurfaceSyncForDevice", InDrops::Some(2)),
    // Of `map_mut` and `map`, two planes each, and of the two that were forgotten.
    ("NvBufSurfaceUnMap", InDrops::Some(6)),
    ("NvBufSurfaceUnMapEglImage", InDrops::All),
    ("NvBufSurfaceUnMapCudaBuffer", InDrops::Some(1)),
];

#[derive(Clone, Copy, Debug)]
enum InDrops {
    All,
    Some(u64),
}

/// How many calls of a function give nobody their error.
fn in_drops(function: &str, count: u64) -> u64 {
    match IN_DROPS.iter().find(|(name, _)| *name == function) {
        None => 0,
        Some((_, InDrops::All)) => count,
        Some((_, InDrops::Some(some))) => *some,
    }
}

/// Everything that the crate does with a surface. Pixels are read before an engine writes any: the
/// end of a read mapping that could not be synchronised is a broken rule to the simulator.
fn life() -> nvbuf::Result<()> {
    let f = Library::get()?.functions();
    let build = || {
        let builder = Surface::builder(32, 16).format(ColorFormat::NV12);
        builder.batch(2).build()
    };
    let mut surface = build()?;
    surface.map_mut(1)?.unmap()?;
    drop(surface.map_mut(0)?);
    drop(surface.map(0)?);
    {
        let first = surface.map_ptr(0, Access::Read)?;
        let second = surface.map_ptr(0, Access::Read)?;
        drop(first);
        second.unmap()?;
    }
    let mut copy = build()?;
    surface.copy_to(&mut copy)?;
    drop(copy);
    // Its planes are unmapped with the surface.
    let forgotten = build()?;
    std::mem::forget(forgotten.map_ptr(1, Access::Write)?);
    drop(forgotten);
    if f.get_map_params.is_some() {
        let exported = surface.export(1)?;
        let bytes = exported.description.to_bytes();
        let import = Surface::import(&MapParams::from_bytes(&bytes)?, exported.fd)?;
        import.map_ptr(0, Access::Write)?.unmap()?;
    }
    {
        let duplicate = surface.clone_dmabuf(0)?;
        // SAFETY: the surface outlives the view.
        let view = unsafe { Surface::from_fd(surface.dmabuf(0)?) }?;
        view.map_ptr(0, Access::Read)?.unmap()?;
        drop(duplicate);
    }
    let surface = Arc::new(surface);
    let first = EglImage::map(&surface, 0)?;
    let second = EglImage::map(&surface, 0)?;
    drop((first, second));
    if f.map_cuda_buffer.is_some() {
        DeviceInfo::query()?;
        let dropped = CudaBuffer::map(&surface, 0)?;
        let unmapped = CudaBuffer::map(&surface, 1)?;
        surface.sync_gpu_l2(0, GpuL2::Flush)?;
        drop(dropped);
        unmapped.unmap()?;
    }
    Ok(())
}

/// What must be the same before and after a life.
#[derive(Debug, PartialEq, Eq)]
struct Balance {
    surfaces: u64,
    buffers: u64,
    images: u64,
    cuda_buffers: u64,
    violations: u64,
    fds: u64,
}

impl Balance {
    fn now(simulator: &Simulator) -> Self {
        let counter = |name| simulator.counter(name).unwrap();
        Self {
            surfaces: counter("surfaces_alive"),
            buffers: counter("buffers_alive"),
            images: counter("egl_images_alive"),
            cuda_buffers: counter("cuda_buffers_alive"),
            violations: counter("violations"),
            fds: std::fs::read_dir("/proc/self/fd").unwrap().count() as u64,
        }
    }
}

fn calls(simulator: &Simulator) -> BTreeMap<String, u64> {
    let report = simulator.report();
    let calls = report["calls"].as_object().unwrap();
    calls
        .iter()
        .map(|(name, count)| (name.clone(), count.as_u64().unwrap()))
        .collect()
}

/// The calls of a clean life, which leaves nothing.
fn clean_life(simulator: &Simulator) -> BTreeMap<String, u64> {
    let (before, balance) = (calls(simulator), Balance::now(simulator));
    life().unwrap();
    assert_eq!(Balance::now(simulator), balance);
    let mut after = calls(simulator);
    for (name, count) in &mut after {
        *count -= before[name];
    }
    after.retain(|_, count| *count > 0);
    after
}

/// One test: failures and counters belong to the whole process.
#[test]
fn every_call_fails_once_and_nothing_is_left_behind() {
    if Simulator::find().is_err() {
        println!("not run: failures need the simulator (ci/sim.sh)");
        return;
    }
    // Nothing is skipped: there this test runs nobody else. (A part of its name would skip it.)
    releases::run_on_others("no test");
    // The library is opened and tested at the first.
    life().unwrap();
    let simulator = Simulator::loaded().unwrap();
    let clean = clean_life(&simulator);
    let f = Library::get().unwrap().functions();
    let mut expected = ALWAYS.to_vec();
    if f.get_map_params.is_some() {
        expected.extend(SHARING);
    }
    if f.map_cuda_buffer.is_some() {
        expected.extend(EXTENDED);
    }
    for function in expected {
        assert!(clean.contains_key(function), "{function} is not called");
    }
    let (mut failed, mut dropped, mut kept) = (0, 0, 0);
    for (function, count) in &clean {
        let dropped_before = dropped;
        for number in 1..=*count {
            let at = format!("{function} number {number} of {count}");
            let before = Balance::now(&simulator);
            let injected = simulator.counter("faults_injected").unwrap();
            simulator.fail(function, number, -1).unwrap();
            let result = life();
            let now = simulator.counter("faults_injected").unwrap();
            assert_eq!(now, injected + 1, "{at} came");
            match result {
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::Call, "{at}: {error}");
                    assert_eq!(error.call(), function, "{at}: {error}");
                    assert!(error.to_string().starts_with(function.as_str()), "{error}");
                    failed += 1;
                }
                Ok(()) => dropped += 1,
            }
            let mut after = Balance::now(&simulator);
            if function == "NvBufSurfaceDestroy" {
                assert_eq!(after.surfaces, before.surfaces + 1, "{at}");
                let leaked = after.buffers - before.buffers;
                assert!((1..=2).contains(&leaked), "{at}: {leaked} buffers");
                after.surfaces -= 1;
                after.buffers -= leaked;
                after.fds -= leaked;
                // That of an import stays as well: the library may go on with it.
                kept += after.fds - before.fds;
                after.fds = before.fds;
            }
            assert_eq!(after, before, "{at}");
            assert_eq!(clean_life(&simulator), clean, "the life after {at}");
        }
        let unnoticed = dropped - dropped_before;
        assert_eq!(
            unnoticed,
            in_drops(function, *count),
            "{function}, of {count} calls"
        );
    }
    println!("{failed} errors, {dropped} failures in drops");
    assert_eq!(kept, u64::from(f.import.is_some()), "fds of imports");
    let total: u64 = clean.values().sum();
    assert_eq!(failed + dropped, total);
    assert!(
        failed >= 25 && dropped >= 5,
        "{failed} errors, {dropped} in drops"
    );
}
