//! Every call of libnvbuf_utils failing at every call of a buffer's life, and what others may do wrong: the
//! right error, nothing leaked. One test for the failures, since they and the counters belong to the
//! whole process; the others work in processes of their own. Simulator only.

use std::ffi::c_void;
use std::os::fd::{AsFd, FromRawFd, OwnedFd};
use std::process::{Command, Stdio};
use std::ptr::NonNull;
use std::sync::Arc;

use nvbuf::legacy::{
    Composite, EglImage, ExtractedFd, FdRule, Layer, NvBuffer, Session, SyncPoint, Tag, Transform,
};
use nvbuf::sys::LegacyLibrary;
use nvbuf::{Access, ColorFormat, ErrorKind};
use nvmm_sim_control::Simulator;

fn has(symbol: &str) -> bool {
    LegacyLibrary::get().is_ok_and(|library| library.functions().has(symbol))
}

/// Every function of the module that calls the library, in a row, as far as the release has them.
fn life() -> nvbuf::Result<()> {
    let builder = || NvBuffer::builder(32, 16).format(ColorFormat::NV12);
    let mut buffer = builder().build()?;
    buffer.map_mut()?.unmap()?;
    buffer.map()?.unmap()?;
    if has("NvBufferCreateEx") {
        drop(builder().tag(Tag::VIDEO_ENC).build()?);
        drop(NvBuffer::memory_builder(100).build()?);
    }
    let (buffer, other) = (Arc::new(buffer), Arc::new(builder().build()?));
    drop(EglImage::map(&buffer)?);
    drop(NvBuffer::from_fd(buffer.as_fd())?);
    if has("ExtractFdFromNvBuffer") {
        let block = NonNull::new(buffer.as_ptr()).expect("a picture has one");
        // SAFETY: the block of `buffer`, which lives.
        let extracted = unsafe { ExtractedFd::extract(block, FdRule::GiveBack) }?;
        drop(NvBuffer::from_fd(extracted.as_fd())?);
        extracted.give_back()?;
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
        Transform::new()
            .start(Arc::clone(&buffer), Arc::clone(&other))?
            .wait()?;
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
    // The last: the simulator keeps a fence until it is waited for.
    if has("NvBufferSyncObjParamsFromFile") {
        for point in SyncPoint::from_fence(signalled())? {
            point.wait()?;
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

/// Whether the release has no libnvbuf_utils; then that is the error.
fn is_without_library() -> bool {
    if LegacyLibrary::get().is_ok() {
        return false;
    }
    let error = life().expect_err("no library");
    assert_eq!(error.kind(), ErrorKind::Load, "{error}");
    let text = error.to_string();
    assert!(text.contains("libnvbuf_utils ended with R35.2"), "{text}");
    true
}

fn open_fds() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

#[test]
fn each_failure_is_an_error_and_leaves_nothing_behind() {
    let name = "each_failure_is_an_error_and_leaves_nothing_behind";
    // Fds are counted: no other test may open some.
    if !in_child(name) {
        return;
    }
    if is_without_library() {
        return;
    }
    life().unwrap();
    let Some(simulator) = Simulator::loaded() else {
        println!("not run: faults need the simulator (ci/sim.sh)");
        return;
    };
    let fds = open_fds();
    // What a failing call leaves: a buffer that cannot be destroyed, or an EGLImage or a plane that
    // cannot be undone, stays; a wait that fails keeps its buffers. Everything else must be given back.
    let mut tried = 0;
    for function in [
        "NvBufferCreate",
        "NvBufferCreateEx",
        "NvBufferCreateInterlace",
        "NvBufferCreateWithChromaLoc",
        "NvBufferGetParams",
        "NvBufferGetParamsEx",
        "NvBufferMemMap",
        "NvBufferMemSyncForCpu",
        "NvBufferMemSyncForDevice",
        "NvBufferMemMapEx",
        "NvBufferMemSyncForCpuEx",
        "NvBufferMemSyncForDeviceEx",
        "NvEGLImageFromFd",
        "ExtractFdFromNvBuffer",
        "NvBuffer2Raw",
        "Raw2NvBuffer",
        "NvBufferTransform",
        "NvBufferTransformEx",
        "NvBufferTransformAsync",
        "NvBufferComposite",
        "NvBufferSessionCreate",
        "NvBufferImportFd",
        "NvBufferSyncObjParamsFromFile",
    ] {
        let mut of_function = 0;
        for number in 1.. {
            let before = simulator.counter("faults_injected").unwrap();
            simulator.fail(function, number, 0).unwrap();
            let result = life();
            if simulator.counter("faults_injected").unwrap() == before {
                simulator.fail(function, 0, 0).unwrap();
                result.unwrap();
                break;
            }
            let error = result.expect_err(function);
            assert_eq!(error.kind(), ErrorKind::Call, "{error}");
            assert!(error.to_string().contains(function), "{function}: {error}");
            for alive in ["buffers_alive", "egl_images_alive"] {
                let count = simulator.counter(alive).unwrap();
                assert_eq!(count, 0, "{alive}: {function} {number}");
            }
            assert_eq!(open_fds(), fds, "{function} {number}");
            of_function += 1;
        }
        assert_eq!(of_function > 0, has(function), "{function}");
        tried += of_function;
    }
    assert_eq!(simulator.counter("violations").unwrap(), 0);
    println!("{tried} failures injected");
}

#[test]
fn an_end_that_fails_is_an_error_and_the_rest_is_done() {
    let name = "an_end_that_fails_is_an_error_and_the_rest_is_done";
    if !in_child(name) || is_without_library() {
        return;
    }
    let Some(simulator) = Simulator::loaded() else {
        return;
    };
    let buffer = || NvBuffer::builder(32, 16).format(ColorFormat::NV12).build();
    // The first plane cannot be unmapped; the second is.
    {
        let picture = buffer().unwrap();
        let map = picture.map_ptr(Access::Read).unwrap();
        let before = simulator.counter("NvBufferMemUnMap").unwrap();
        simulator.fail("NvBufferMemUnMap", 1, 0).unwrap();
        let error = map.unmap().expect_err("injected");
        assert!(error.to_string().contains("plane 0"), "{error}");
        assert_eq!(simulator.counter("NvBufferMemUnMap").unwrap(), before + 2);
        // Nothing of it is left in the way.
        picture.map_ptr(Access::Write).unwrap().unmap().unwrap();
    }
    if has("NvBufferMemUnMapEx") {
        let picture = buffer().unwrap();
        let description = picture.describe().unwrap();
        // SAFETY: described just now, by this process.
        let peer = unsafe { NvBuffer::with_description(picture.as_fd(), description) }.unwrap();
        let map = peer.map_plane_ptr(1, Access::Read).unwrap();
        simulator.fail("NvBufferMemUnMapEx", 1, 0).unwrap();
        let error = map.unmap().expect_err("injected");
        assert_eq!(error.call(), "NvBufferMemUnMapEx", "{error}");
    }
    // A buffer that cannot be read is destroyed; where that fails too, the first error counts.
    {
        let alive = || simulator.counter("buffers_alive").unwrap();
        let before = alive();
        simulator.fail("NvBufferGetParams", 1, 0).unwrap();
        simulator.fail("NvBufferDestroy", 1, 0).unwrap();
        let error = buffer().expect_err("injected");
        assert_eq!(error.call(), "NvBufferGetParams", "{error}");
        assert_eq!(alive(), before + 1);
    }
    // It is not known when the engine is done: nobody gets the buffers.
    if has("NvBufferTransformAsync") {
        let (from, to) = (Arc::new(buffer().unwrap()), Arc::new(buffer().unwrap()));
        let pending = Transform::new()
            .start(Arc::clone(&from), Arc::clone(&to))
            .unwrap();
        simulator.fail("NvBufferSyncObjWait", 1, 0).unwrap();
        let error = pending.wait().expect_err("injected");
        assert_eq!(error.kind(), ErrorKind::Call);
        assert!(error.to_string().contains("kept for good"), "{error}");
        assert_eq!((Arc::strong_count(&from), Arc::strong_count(&to)), (2, 2));
        // In time it is not an error to ask again.
        let mut pending = Transform::new()
            .start(Arc::clone(&from), Arc::clone(&to))
            .unwrap();
        simulator.fail("NvBufferSyncObjWait", 1, 0).unwrap();
        let second = std::time::Duration::from_secs(1);
        pending.wait_timeout(second).expect_err("injected");
        pending.wait_timeout(second).unwrap();
        assert_eq!((Arc::strong_count(&from), Arc::strong_count(&to)), (2, 2));
    }
    if has("NvReleaseFd") {
        let picture = buffer().unwrap();
        let block = NonNull::new(picture.as_ptr()).unwrap();
        // SAFETY: the block of `picture`, which lives.
        let extracted = unsafe { ExtractedFd::extract(block, FdRule::GiveBack) }.unwrap();
        simulator.fail("NvReleaseFd", 1, 0).unwrap();
        let error = extracted.give_back().expect_err("injected");
        assert!(error.to_string().contains("NvReleaseFd"), "{error}");
    }
    // Drops say what they cannot give back as an error, and go on.
    let picture = Arc::new(buffer().unwrap());
    let image = EglImage::map(&picture).unwrap();
    simulator.fail("NvDestroyEGLImage", 1, 0).unwrap();
    drop(image);
    simulator.fail("NvBufferDestroy", 1, 0).unwrap();
    drop(picture);
    let injected = simulator.counter("faults_injected").unwrap();
    assert!(injected >= 5, "{injected}");
}

#[test]
fn what_is_no_buffer_is_an_error() {
    let name = "what_is_no_buffer_is_an_error";
    if !in_child(name) {
        return;
    }
    let (reader, _writer) = std::io::pipe().unwrap();
    let from_fd = NvBuffer::from_fd(reader.as_fd()).expect_err("a pipe");
    if LegacyLibrary::get().is_err() {
        assert_eq!(from_fd.kind(), ErrorKind::Load, "{from_fd}");
        return;
    }
    assert_eq!(from_fd.kind(), ErrorKind::Call, "{from_fd}");
    assert!(from_fd.to_string().contains("no buffer of this process"));
    if has("ExtractFdFromNvBuffer") {
        let block = [7_u64; 256];
        let place = NonNull::from(&block).cast::<c_void>();
        // SAFETY: not a block, but as many bytes: the simulator notices.
        let error = unsafe { ExtractedFd::extract(place, FdRule::Keep) };
        let error = error.expect_err("no block");
        assert_eq!(error.kind(), ErrorKind::Call, "{error}");
        assert!(error.to_string().contains("bufferDesc"), "{error}");
    }
}

#[test]
fn an_egl_display_that_does_not_answer_is_an_error_with_the_remedy() {
    let name = "an_egl_display_that_does_not_answer_is_an_error_with_the_remedy";
    if !in_child_with(name, Some(("NVMM_SIM_DISPLAY", "dead"))) {
        return;
    }
    if is_without_library() || Simulator::loaded().is_none() {
        return;
    }
    let buffer = Arc::new(NvBuffer::builder(32, 16).build().unwrap());
    let error = EglImage::map(&buffer).expect_err("no display");
    assert!(error.to_string().contains("unset DISPLAY"), "{error}");
    // What was refused has shared nothing.
    let mut buffer = Arc::into_inner(buffer).unwrap();
    buffer.map().unwrap().unmap().unwrap();
}

/// Set in processes that run one test alone.
const CHILD: &str = "NVBUF_TEST_IN_A_PROCESS_OF_ITS_OWN";

/// Whether this is the process of the test's own; where not, runs it, with rules that may be broken.
fn in_child(name: &str) -> bool {
    in_child_with(name, None)
}

fn in_child_with(name: &str, variable: Option<(&str, &str)>) -> bool {
    if std::env::var_os(CHILD).is_some() {
        return true;
    }
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--nocapture", name])
        .env(CHILD, "1")
        .env_remove("NVMM_SIM_STRICT")
        .envs(variable)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{stdout}\n{stderr}");
    assert!(stdout.contains("1 passed"), "{stdout}");
    false
}
