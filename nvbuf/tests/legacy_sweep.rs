//! Every call of libnvbuf_utils failing at every number in a buffer's life: the right error, and nothing is
//! left behind. Which calls there are, the simulator's report says: what the life does more, is swept
//! as well. One test, since failures and counters belong to the whole process. Simulator only.

use std::collections::BTreeMap;
use std::os::fd::{AsFd, FromRawFd, OwnedFd};
use std::process::Command;
use std::ptr::NonNull;
use std::sync::Arc;

use nvbuf::legacy::{
    Composite, EglImage, ExtractedFd, FdRule, Layer, NvBuffer, Session, SyncPoint, Tag, Transform,
};
use nvbuf::sys::LegacyLibrary;
use nvbuf::{Access, ColorFormat, ErrorKind, Result};
use nvmm_sim_control::Simulator;

/// What every release has to sweep, if it has the function.
const EXPECTED: [&str; 30] = [
    "ExtractFdFromNvBuffer",
    "NvBuffer2Raw",
    "NvBufferComposite",
    "NvBufferCreate",
    "NvBufferCreateEx",
    "NvBufferCreateInterlace",
    "NvBufferCreateWithChromaLoc",
    "NvBufferDestroy",
    "NvBufferGetParams",
    "NvBufferGetParamsEx",
    "NvBufferImportFd",
    "NvBufferMemMap",
    "NvBufferMemMapEx",
    "NvBufferMemSyncForCpu",
    "NvBufferMemSyncForCpuEx",
    "NvBufferMemSyncForDevice",
    "NvBufferMemSyncForDeviceEx",
    "NvBufferMemUnMap",
    "NvBufferMemUnMapEx",
    "NvBufferSessionCreate",
    "NvBufferSessionDestroy",
    "NvBufferSyncObjParamsFromFile",
    "NvBufferSyncObjWait",
    "NvBufferTransform",
    "NvBufferTransformAsync",
    "NvBufferTransformEx",
    "NvDestroyEGLImage",
    "NvEGLImageFromFd",
    "NvReleaseFd",
    "Raw2NvBuffer",
];

/// Calls that are (also) made when something is dropped: there nobody gets the error. With each, how many
/// of its calls in a life are such.
///
/// What they failed to end is ended later, but for a buffer: if it is destroyed or not after a failure is
/// not known, and a second time could be one too many.
fn in_drops(function: &str, count: u64) -> u64 {
    match function {
        "NvBufferDestroy" => count,
        // No result: it cannot say that it failed.
        "NvBufferSessionDestroy" => count,
        // Two planes of the `map_mut`.
        "NvBufferMemSyncForDevice" => 2,
        // Likewise, of the `map`, and what was forgotten.
        "NvBufferMemUnMap" => 6,
        // What was forgotten.
        "NvBufferMemUnMapEx" => 2,
        "NvBufferSyncObjWait" => 2,
        "NvDestroyEGLImage" | "NvReleaseFd" => 1,
        _ => 0,
    }
}

fn has(symbol: &str) -> bool {
    LegacyLibrary::get().is_ok_and(|library| library.functions().has(symbol))
}

/// Everything that the module does with buffers, as far as the release has it. Guards that are dropped
/// are of a buffer that no engine uses: it would see old pixels where synchronising failed.
fn life() -> Result<()> {
    let builder = || NvBuffer::builder(32, 16).format(ColorFormat::NV12);
    let mut buffer = builder().build()?;
    buffer.map_mut()?.unmap()?;
    buffer.map()?.unmap()?;
    {
        let mut scratch = builder().build()?;
        drop(scratch.map_mut()?);
        drop(scratch.map()?);
        // Unmapped with the buffer.
        std::mem::forget(scratch.map_ptr(Access::Write)?);
    }
    if has("NvBufferCreateEx") {
        drop(builder().tag(Tag::VIDEO_ENC).build()?);
        drop(NvBuffer::memory_builder(100).build()?);
    }
    let (buffer, other) = (Arc::new(buffer), Arc::new(builder().build()?));
    drop(EglImage::map(&buffer)?);
    EglImage::map(&buffer)?.unmap()?;
    drop(NvBuffer::from_fd(buffer.as_fd())?);
    if has("ExtractFdFromNvBuffer") {
        let block = NonNull::new(buffer.as_ptr()).expect("a picture has one");
        // SAFETY: the block of `buffer`, which lives.
        let extracted = unsafe { ExtractedFd::extract(block, FdRule::GiveBack) }?;
        drop(NvBuffer::from_fd(extracted.as_fd())?);
        extracted.give_back()?;
        // SAFETY: as above.
        drop(unsafe { ExtractedFd::extract(block, FdRule::GiveBack) }?);
        buffer.read_plane(0, &mut [0; 512])?;
        buffer.write_plane(0, &[7; 512])?;
        Transform::new().run(&buffer, &other)?;
        Composite::new().run(&[Layer::new(&buffer)], &other)?;
    }
    if has("NvBufferSessionCreate") {
        let session = Session::new()?;
        Transform::new().session(&session).run(&buffer, &other)?;
    }
    if has("NvBufferTransformAsync") {
        let start = || Transform::new().start(Arc::clone(&buffer), Arc::clone(&other));
        start()?.wait()?;
        drop(start()?);
        // Whatever happened, the buffers are free again.
        drop(start()?);
    }
    if has("NvBufferGetParamsEx") {
        buffer.describe()?;
    }
    if has("NvBufferMemMapEx") {
        // No engine has written it: a failing synchronisation hides nothing.
        let fresh = builder().build()?;
        let description = fresh.describe()?;
        // SAFETY: described just now, by this process.
        let described = unsafe { NvBuffer::with_description(fresh.as_fd(), description) }?;
        described.map_ptr(Access::Write)?.unmap()?;
        Transform::new().run(&described, &other)?;
        std::mem::forget(described.map_ptr(Access::Read)?);
    }
    if has("NvBufferImportFd") {
        let description = buffer.describe()?;
        // SAFETY: as above.
        drop(unsafe { NvBuffer::import(buffer.as_fd(), &description) }?);
    }
    if has("NvBufferCreateInterlace") {
        drop(builder().interlaced().build()?);
        drop(builder().chroma_position(1, 1).build()?);
    }
    if has("NvBufferSyncObjParamsFromFile") {
        for point in SyncPoint::from_fence(signalled())? {
            // The simulator keeps a fence until it is waited for.
            point.wait().inspect_err(|_| point.wait().unwrap())?;
        }
    }
    Ok(())
}

/// A fence that is signalled already, to the simulator: an eventfd that can be read.
fn signalled() -> OwnedFd {
    // SAFETY: it takes two numbers.
    let fd = unsafe { libc::eventfd(1, libc::EFD_CLOEXEC) };
    assert!(fd >= 0);
    // SAFETY: the fd is new, and nobody else's.
    unsafe { OwnedFd::from_raw_fd(fd) }
}

/// What must be the same before and after a life.
#[derive(Debug, PartialEq, Eq)]
struct Balance {
    buffers: u64,
    images: u64,
    violations: u64,
    fds: u64,
}

impl Balance {
    fn now(simulator: &Simulator) -> Self {
        let counter = |name| simulator.counter(name).unwrap();
        Self {
            buffers: counter("buffers_alive"),
            images: counter("egl_images_alive"),
            violations: counter("violations"),
            fds: std::fs::read_dir("/proc/self/fd").unwrap().count() as u64,
        }
    }
}

fn calls(simulator: &Simulator) -> BTreeMap<String, u64> {
    let report = simulator.report();
    let calls = report["calls"].as_object().unwrap().iter();
    calls
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

#[test]
fn every_call_fails_once_and_nothing_is_left_behind() {
    if LegacyLibrary::get().is_err() {
        let error = life().expect_err("no library");
        assert_eq!(error.kind(), ErrorKind::Load, "{error}");
        assert!(
            error
                .to_string()
                .contains("libnvbuf_utils ended with R35.2")
        );
        return;
    }
    if Simulator::find().is_err() {
        println!("not run: failures need the simulator (ci/sim.sh)");
        return;
    }
    // The library is tested at the first.
    life().unwrap();
    let simulator = Simulator::loaded().unwrap();
    let clean = clean_life(&simulator);
    for function in EXPECTED {
        assert_eq!(clean.contains_key(function), has(function), "{function}");
    }
    let (mut failed, mut dropped) = (0, 0);
    for (function, count) in &clean {
        let dropped_before = dropped;
        for number in 1..=*count {
            let at = format!("{function} number {number} of {count}");
            let before = Balance::now(&simulator);
            let injected = simulator.counter("faults_injected").unwrap();
            simulator.fail(function, number, 0).unwrap();
            let result = life();
            let now = simulator.counter("faults_injected").unwrap();
            assert_eq!(now, injected + 1, "{at} came");
            match result {
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::Call, "{at}: {error}");
                    assert_eq!(error.call(), function, "{at}: {error}");
                    failed += 1;
                }
                Ok(()) => dropped += 1,
            }
            let mut after = Balance::now(&simulator);
            if function == "NvBufferDestroy" {
                after.buffers -= 1;
                after.fds -= 1;
            }
            assert_eq!(after, before, "{at}");
            assert_eq!(clean_life(&simulator), clean, "the life after {at}");
        }
        let unnoticed = dropped - dropped_before;
        let expected = in_drops(function, *count);
        assert_eq!(unnoticed, expected, "{function}, of {count} calls");
    }
    assert_eq!(failed + dropped, clean.values().sum::<u64>());
    assert_eq!(simulator.counter("violations"), Some(0));
    println!("{failed} errors, {dropped} failures in drops");
    assert!(failed >= 15 && dropped >= 10, "{failed}, {dropped}");
    on_others();
}

/// The same on other releases: one without engines, one in which they came, the last. Not beside the
/// sweep, which counts fds.
fn on_others() {
    if std::env::var("NVMM_SIM_RELEASE").is_ok_and(|release| release != "r32.7") {
        return;
    }
    for release in ["r28.1", "r28.2", "r32.1", "r35.1"] {
        let output = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../ci/sim.sh"))
            .arg(std::env::current_exe().unwrap())
            .env("NVMM_SIM_RELEASE", release)
            .env("NVMM_SIM_STRICT", "1")
            .output()
            .unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (out, err) = (text(&output.stdout), text(&output.stderr));
        assert!(output.status.success(), "{release}: {out}\n{err}");
    }
}
