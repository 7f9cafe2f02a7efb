//! What is left of a buffer's uses when guards are forgotten or calls fail, and what others may do wrong.
//! Each test in a process of its own: failures and counters belong to the whole process.

use std::ffi::c_void;
use std::os::fd::AsFd;
use std::process::{Command, Stdio};
use std::ptr::NonNull;
use std::sync::Arc;
use std::time::{Duration, Instant};

use nvbuf::legacy::{EglImage, ExtractedFd, FdRule, NvBuffer, Transform};
use nvbuf::sys::LegacyLibrary;
use nvbuf::{Access, ColorFormat, Error, ErrorKind, Result};
use nvmm_sim_control::{EVERY, Simulator};

fn has(symbol: &str) -> bool {
    LegacyLibrary::get().is_ok_and(|library| library.functions().has(symbol))
}

fn buffer() -> NvBuffer<'static> {
    let builder = NvBuffer::builder(32, 16).format(ColorFormat::NV12);
    builder.build().unwrap()
}

/// Tells the failure of `call`.
fn failure<T: std::fmt::Debug>(result: Result<T>, call: &str, text: &str) -> Error {
    let error = result.expect_err(call);
    assert_eq!((error.kind(), error.call()), (ErrorKind::Call, call));
    assert!(error.to_string().contains(text), "{error}");
    error
}

/// The simulator of a test that runs in this process alone, strictly: rules are not broken.
fn simulator(name: &str) -> Option<Simulator> {
    if !in_child(name, &[("NVMM_SIM_STRICT", "1")]) {
        return None;
    }
    if LegacyLibrary::get().is_err() {
        let error = NvBuffer::builder(32, 16).build().expect_err("no library");
        assert_eq!(error.kind(), ErrorKind::Load, "{error}");
        return None;
    }
    Simulator::loaded()
}

#[test]
fn what_stays_mapped_is_unmapped_with_the_buffer_or_keeps_it() {
    let name = "what_stays_mapped_is_unmapped_with_the_buffer_or_keeps_it";
    let Some(simulator) = simulator(name) else {
        return;
    };
    let counter = |name| simulator.counter(name).unwrap();
    let unmaps = || counter("NvBufferMemUnMap");
    // A guard that was forgotten.
    let picture = buffer();
    std::mem::forget(picture.map_ptr(Access::Write).unwrap());
    let before = unmaps();
    drop(picture);
    assert_eq!((unmaps(), counter("buffers_alive")), (before + 2, 0));
    // One plane was not unmapped; the other is. It is tried again with the buffer.
    let picture = buffer();
    let map = picture.map_ptr(Access::Read).unwrap();
    let before = unmaps();
    simulator.fail("NvBufferMemUnMap", 1, 0).unwrap();
    failure(map.unmap(), "NvBufferMemUnMap", "plane 0 at 0x");
    assert_eq!(unmaps(), before + 2);
    drop(picture);
    assert_eq!((unmaps(), counter("buffers_alive")), (before + 3, 0));
    // And before the next mapping, which fails if that fails.
    let picture = buffer();
    let map = picture.map_ptr(Access::Read).unwrap();
    let before = unmaps();
    simulator.fail("NvBufferMemUnMap", 1, 0).unwrap();
    simulator.fail("NvBufferMemUnMap", 3, 0).unwrap();
    map.unmap().expect_err("the first");
    let again = picture.map_ptr(Access::Write);
    failure(again, "NvBufferMemUnMap", "plane 0 at 0x");
    picture.map_ptr(Access::Write).unwrap().unmap().unwrap();
    assert_eq!(unmaps(), before + 6);
    drop(picture);
    assert_eq!((unmaps(), counter("buffers_alive")), (before + 6, 0));
    // A buffer of which not everything can be unmapped is kept.
    let picture = buffer();
    std::mem::forget(picture.map_ptr(Access::Read).unwrap());
    simulator.fail("NvBufferMemUnMap", EVERY, 0).unwrap();
    drop(picture);
    simulator.fail("NvBufferMemUnMap", 0, 0).unwrap();
    assert_eq!((counter("buffers_alive"), counter("violations")), (1, 0));
}

#[test]
fn borrowed_values_leave_what_they_mapped_to_the_one_that_was_created() {
    let name = "borrowed_values_leave_what_they_mapped_to_the_one_that_was_created";
    let Some(simulator) = simulator(name) else {
        return;
    };
    let counter = |name| simulator.counter(name).unwrap();
    let owner = buffer();
    {
        let borrowed = NvBuffer::from_fd(owner.as_fd()).unwrap();
        let writer = borrowed.map_plane_ptr(0, Access::Write).unwrap();
        let error = owner.map_ptr(Access::Read).expect_err("it is mapped");
        assert_eq!(error.kind(), ErrorKind::Busy, "{error}");
        writer.unmap().unwrap();
        std::mem::forget(borrowed.map_ptr(Access::Read).unwrap());
        std::mem::forget(borrowed);
    }
    let before = counter("NvBufferMemUnMap");
    drop(owner);
    let now = (counter("NvBufferMemUnMap"), counter("buffers_alive"));
    assert_eq!(now, (before + 2, 0));
    // A buffer of somebody else's: the value unmaps what it mapped.
    if has("NvBufferMemUnMapEx") {
        let picture = buffer();
        let description = picture.describe().unwrap();
        // SAFETY: described just now, by this process.
        let peer = unsafe { NvBuffer::with_description(picture.as_fd(), description) }.unwrap();
        let map = peer.map_plane_ptr(1, Access::Read).unwrap();
        simulator.fail("NvBufferMemUnMapEx", 1, 0).unwrap();
        failure(map.unmap(), "NvBufferMemUnMapEx", "plane 1 at 0x");
        std::mem::forget(peer.map_plane_ptr(0, Access::Read).unwrap());
        drop(peer);
        drop(picture);
    }
    assert_eq!((counter("buffers_alive"), counter("violations")), (0, 0));
}

#[test]
fn an_image_that_stays_is_destroyed_with_the_buffer_or_keeps_it() {
    let name = "an_image_that_stays_is_destroyed_with_the_buffer_or_keeps_it";
    let Some(simulator) = simulator(name) else {
        return;
    };
    let counter = |name| simulator.counter(name).unwrap();
    let destroy = "NvDestroyEGLImage";
    let picture = Arc::new(buffer());
    let images = [(); 2].map(|()| EglImage::map(&picture).unwrap());
    simulator.fail(destroy, 1, 0).unwrap();
    simulator.fail(destroy, 2, 0).unwrap();
    let [first, second] = images;
    failure(first.unmap(), destroy, "EGLImage 0x");
    drop(second);
    assert_eq!(counter("egl_images_alive"), 2);
    drop(picture);
    assert_eq!(
        (counter("egl_images_alive"), counter("buffers_alive")),
        (0, 0)
    );
    // One that is forgotten keeps the buffer.
    std::mem::forget(EglImage::map(&Arc::new(buffer())).unwrap());
    assert_eq!(counter("buffers_alive"), 1);
    // As does one that is never destroyed.
    let image = EglImage::map(&Arc::new(buffer())).unwrap();
    simulator.fail(destroy, EVERY, 0).unwrap();
    failure(image.unmap(), destroy, "unregister it from CUDA");
    simulator.fail(destroy, 0, 0).unwrap();
    assert_eq!((counter("buffers_alive"), counter("violations")), (2, 0));
}

#[test]
fn an_engine_that_may_be_at_work_keeps_its_buffers() {
    let name = "an_engine_that_may_be_at_work_keeps_its_buffers";
    let Some(simulator) = simulator(name) else {
        return;
    };
    if !has("NvBufferTransformAsync") {
        return;
    }
    let counter = |name| simulator.counter(name).unwrap();
    let wait = "NvBufferSyncObjWait";
    let large = || Arc::new(NvBuffer::builder(1920, 1080).build().unwrap());
    let start = |from: &Arc<_>, to: &Arc<_>| {
        Transform::new()
            .start(Arc::clone(from), Arc::clone(to))
            .unwrap()
    };
    // A wait that fails is done a second time.
    let (from, to) = (large(), large());
    let pending = start(&from, &to);
    simulator.fail(wait, 1, 0).unwrap();
    failure(pending.wait(), wait, "both buffers are free");
    assert_eq!((Arc::strong_count(&from), Arc::strong_count(&to)), (1, 1));
    to.map_ptr(Access::Write).unwrap().unmap().unwrap();
    // In time it is not an error to ask again.
    let mut pending = start(&from, &to);
    simulator.fail(wait, 1, 0).unwrap();
    let limit = Duration::from_secs(20);
    failure(pending.wait_timeout(limit), wait, "not done in 20000 ms");
    pending.wait_timeout(limit).unwrap();
    drop(pending);
    drop((from, to));
    assert_eq!(counter("buffers_alive"), 0);
    // Nobody waits: the engine has its buffers for ever.
    let (from, to) = (large(), large());
    std::mem::forget(start(&from, &to));
    drop((from, to));
    assert_eq!(counter("buffers_alive"), 2);
    // Nobody knows when the engine is done, and the buffers say so.
    let (from, to) = (large(), large());
    let pending = start(&from, &to);
    simulator.fail(wait, EVERY, 0).unwrap();
    failure(pending.wait(), wait, "kept for good");
    simulator.fail(wait, 0, 0).unwrap();
    let error = to.map_ptr(Access::Read).expect_err("perhaps in use");
    assert_eq!(error.kind(), ErrorKind::Busy, "{error}");
    drop((from, to));
    assert_eq!(counter("buffers_alive"), 4);
    // Through views as well: their owners do not destroy what an engine may use.
    let (from, to) = (large(), large());
    // SAFETY: the owners stay as long as the views by what is proved here.
    let view = |owner: &Arc<NvBuffer<'_>>| unsafe { NvBuffer::view(owner.as_fd()) };
    let views = [&from, &to].map(|owner| Arc::new(view(owner).unwrap()));
    std::mem::forget(start(&views[0], &views[1]));
    drop((views, from, to));
    assert_eq!((counter("buffers_alive"), counter("violations")), (6, 0));
}

#[test]
fn transforms_without_a_session_come_one_after_another() {
    let name = "transforms_without_a_session_come_one_after_another";
    let Some(simulator) = simulator(name) else {
        return;
    };
    if !has("NvBufferTransform") {
        return;
    }
    let delay = Duration::from_millis(40);
    let micros = delay.as_micros() as u64;
    simulator.delay("NvBufferTransform", micros).unwrap();
    let pairs = [(); 3].map(|()| (buffer(), buffer()));
    let since = Instant::now();
    std::thread::scope(|scope| {
        for (from, to) in &pairs {
            scope.spawn(|| Transform::new().run(from, to).unwrap());
        }
    });
    let took = since.elapsed();
    assert!(took >= 3 * delay, "{took:?}");
}

#[test]
fn what_cannot_be_given_back_is_an_error() {
    let name = "what_cannot_be_given_back_is_an_error";
    let Some(simulator) = simulator(name) else {
        return;
    };
    // A buffer that cannot be read is destroyed; where that fails too, the first error counts.
    let alive = || simulator.counter("buffers_alive").unwrap();
    simulator.fail("NvBufferGetParams", 1, 0).unwrap();
    simulator.fail("NvBufferDestroy", 1, 0).unwrap();
    let built = NvBuffer::builder(32, 16).build();
    failure(built, "NvBufferGetParams", "fd ");
    assert_eq!(alive(), 1);
    if has("NvReleaseFd") {
        let picture = buffer();
        let block = NonNull::new(picture.as_ptr()).unwrap();
        // SAFETY: the block of `picture`, which lives.
        let extracted = unsafe { ExtractedFd::extract(block, FdRule::GiveBack) }.unwrap();
        simulator.fail("NvReleaseFd", 1, 0).unwrap();
        failure(extracted.give_back(), "NvReleaseFd", "fd ");
    }
    if has("NvBufferImportFd") {
        let picture = buffer();
        let description = picture.describe().unwrap();
        simulator.fail("NvBufferImportFd", 1, 0).unwrap();
        // SAFETY: described just now, by this process.
        let imported = unsafe { NvBuffer::import(picture.as_fd(), &description) };
        let error = failure(imported, "NvBufferImportFd", "send both again");
        assert!(error.to_string().contains("32x16 NV12"), "{error}");
    }
    let picture = buffer();
    let map = picture.map_plane_ptr(1, Access::Write).unwrap();
    simulator.fail("NvBufferMemSyncForDevice", 1, 0).unwrap();
    failure(map.unmap(), "NvBufferMemSyncForDevice", "plane 1 at 0x");
    simulator.fail("NvBufferMemSyncForCpu", 1, 0).unwrap();
    let map = picture.map_ptr(Access::Read);
    failure(map, "NvBufferMemSyncForCpu", "map it again");
    simulator.fail("NvBufferMemMap", 1, 0).unwrap();
    failure(picture.map_ptr(Access::Read), "NvBufferMemMap", "flags 0");
    drop(picture);
    assert_eq!((alive(), simulator.counter("violations")), (1, Some(0)));
}

#[test]
fn what_is_no_buffer_is_an_error() {
    // To ask is a broken rule to the simulator.
    let name = "what_is_no_buffer_is_an_error";
    if !in_child(name, &[("NVMM_SIM_STRICT", "0")]) {
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
    let dead = [("NVMM_SIM_DISPLAY", "dead"), ("NVMM_SIM_STRICT", "1")];
    if !in_child(name, &dead) || LegacyLibrary::get().is_err() || Simulator::loaded().is_none() {
        return;
    }
    let buffer = Arc::new(buffer());
    let error = EglImage::map(&buffer).expect_err("no display");
    assert!(error.to_string().contains("unset DISPLAY"), "{error}");
    // What was refused has shared nothing.
    let mut buffer = Arc::into_inner(buffer).unwrap();
    buffer.map().unwrap().unmap().unwrap();
}

/// Set in processes that run one test alone.
const CHILD: &str = "NVBUF_TEST_IN_A_PROCESS_OF_ITS_OWN";

/// Whether this is the process of the test's own; where not, runs it.
fn in_child(name: &str, variables: &[(&str, &str)]) -> bool {
    if std::env::var_os(CHILD).is_some() {
        return true;
    }
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--nocapture", name])
        .env(CHILD, "1")
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{stdout}\n{stderr}");
    assert!(stdout.contains("1 passed"), "{stdout}");
    false
}
