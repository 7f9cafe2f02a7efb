//! One surface in two processes; descriptions that lie; surfaces by fd.

mod by_fd;
mod kept;
mod lies;
mod raw;
mod refused;
#[path = "../releases/mod.rs"]
mod releases;
mod socket;

use std::fs::File;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};
use std::sync::{Mutex, MutexGuard};

use nvbuf::sys::Library;
use nvbuf::{
    Access, ColorFormat, EglImage, Error, ErrorKind, Exported, Layout, MapParams, MemType, Surface,
};
use nvmm_sim_control::Simulator;

/// The socket's number in the other process.
const SOCKET: &str = "NVBUF_TEST_SOCKET";

/// Tests look at counters and fds of the whole process, so one runs at a time.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(|e| e.into_inner())
}

#[test]
fn on_other_releases() {
    let _alone = alone();
    releases::run_on_others("on_other_releases");
}

/// Whether the library can share. In the simulator the release says so, too.
fn can_share() -> bool {
    let f = Library::get().unwrap().functions();
    let can = f.import.is_some() && f.get_map_params.is_some();
    let release = releases::release();
    if !release.is_empty() {
        let cannot = ["r32", "r34", "r35.1"]
            .iter()
            .any(|old| release.starts_with(old));
        assert_eq!(can, !cannot, "{release}");
    }
    can
}

fn nv12() -> Surface {
    let builder = Surface::builder(66, 34).format(ColorFormat::NV12);
    builder.build().unwrap()
}

/// Replaces every byte of the pictures rows, and gives those that were there; of all planes.
fn exchange(surface: &Surface, index: u32, with: impl Fn(usize) -> u8) -> Vec<u8> {
    let mut before = Vec::new();
    let map = surface.map_ptr(index, Access::Write).unwrap();
    for plane in 0..map.num_planes() {
        let plane = map.plane(plane).unwrap();
        for row in 0..plane.params.height as usize {
            for column in 0..plane.params.row_bytes() {
                let at = plane
                    .data
                    .as_ptr()
                    .wrapping_add(row * plane.params.pitch as usize + column);
                // SAFETY: in the plane, which is mapped; the other process waits.
                before.push(unsafe { at.read_volatile() });
                // SAFETY: as above, for writing.
                unsafe { at.write_volatile(with(before.len())) };
            }
        }
    }
    map.unmap().unwrap();
    before
}

fn ours(i: usize) -> u8 {
    (i * 7 + 1) as u8
}

fn theirs(i: usize) -> u8 {
    (i * 13 + 5) as u8
}

fn all(of: impl Fn(usize) -> u8, len: usize) -> Vec<u8> {
    (1..=len).map(of).collect()
}

#[test]
fn a_surface_crosses_to_another_process_and_back() {
    let _alone = alone();
    if !can_share() {
        return;
    }
    let surface = Surface::builder(66, 34)
        .format(ColorFormat::NV12)
        .batch(2)
        .build()
        .unwrap();
    let len = exchange(&surface, 1, ours).len();
    let exported = surface.export(1).unwrap();
    let (here, there) = UnixStream::pair().unwrap();
    let there = OwnedFd::from(there);
    // SAFETY: changes a flag of an fd of ours: the other process keeps it.
    let result = unsafe { libc::fcntl(there.as_raw_fd(), libc::F_SETFD, 0) };
    assert_eq!(result, 0);
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "the_other_process", "--nocapture"])
        .env(SOCKET, there.as_raw_fd().to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    drop(there);
    let bytes = exported.description.to_bytes();
    socket::send(&here, &bytes, exported.fd.as_raw_fd());
    drop(exported);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("imported 66x34"), "{text}");
    assert_eq!(exchange(&surface, 1, |_| 0), all(theirs, len));
    assert!(exchange(&surface, 0, |_| 0).iter().all(|byte| *byte == 0));
}

/// The child of the test above; nothing where nobody started it as that.
#[test]
fn the_other_process() {
    let Ok(number) = std::env::var(SOCKET) else {
        return;
    };
    // SAFETY: inherited, and nobody else's.
    let socket = unsafe { UnixStream::from_raw_fd(number.parse().unwrap()) };
    let mut bytes = [0; MapParams::BYTES];
    let fd = socket::receive(&socket, &mut bytes);
    let description = MapParams::from_bytes(&bytes).unwrap();
    assert_eq!(description.color_format(), ColorFormat::NV12);
    assert_eq!(description.mem_type(), MemType::SURFACE_ARRAY);
    assert_eq!(description.layout(), Layout::PITCH);
    assert_eq!(description.num_planes(), 2);
    let surface = Surface::import(&description, fd).unwrap();
    assert_eq!(surface.batch_size(), 1);
    // SAFETY: the surface is alive, and this is its only thread.
    assert_eq!(unsafe { (*surface.as_ptr()).numFilled }, 1);
    let before = exchange(&surface, 0, theirs);
    assert_eq!(before, all(ours, before.len()));
    println!("imported {}x{}", description.width(), description.height());
    drop(surface);
    if let Some(simulator) = Simulator::loaded() {
        assert_eq!(simulator.counter("buffers_alive"), Some(0));
        assert_eq!(simulator.counter("violations"), Some(0));
    }
}

fn open_fds() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

#[test]
fn an_import_is_a_surface_like_any_other_and_leaves_nothing() {
    let _alone = alone();
    if !can_share() {
        return;
    }
    let before = open_fds();
    let surface = nv12();
    let Exported { description, fd } = surface.export(0).unwrap();
    let import = Surface::import(&description, fd).unwrap();
    assert!(format!("{import:?}").contains("Imported"), "{import:?}");
    assert_eq!(
        import.params(0).unwrap().planes(),
        surface.params(0).unwrap().planes()
    );
    // Both are shared: pointers only.
    for shared in [&import, &surface] {
        assert_eq!(
            shared.map(0).expect_err("shared").kind(),
            ErrorKind::Invalid
        );
    }
    let len = exchange(&surface, 0, ours).len();
    // What was imported is exported again.
    let again = import.export(0).unwrap();
    assert_eq!(again.description, description);
    let second = Surface::import(&again.description, again.fd).unwrap();
    // The pixels outlive the surface that they were made with.
    drop(surface);
    let import = std::sync::Arc::new(import);
    drop(EglImage::map(&import, 0).unwrap());
    drop(import);
    assert_eq!(exchange(&second, 0, theirs), all(ours, len));
    drop(second);
    assert_eq!(open_fds(), before);
    if let Some(simulator) = Simulator::loaded() {
        assert_eq!(simulator.counter("violations"), Some(0));
    }
}

#[test]
fn while_a_slice_lives_nothing_is_exported() {
    let _alone = alone();
    if !can_share() {
        return;
    }
    let surface = nv12();
    let slices = surface.map(0).unwrap();
    let error = surface.export(0).expect_err("a slice lives");
    assert_eq!(error.kind(), ErrorKind::Busy, "{error}");
    drop(slices);
    let error = surface.export(1).expect_err("one buffer");
    assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
    let cuda = Surface::builder(66, 34).mem_type(MemType::CUDA_DEVICE);
    let error = cuda.build().unwrap().export(0).expect_err("no fd");
    assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
}
