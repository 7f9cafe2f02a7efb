//! Errors name the call, its arguments, what is allowed and the remedy.

use std::sync::Arc;
use std::sync::{Mutex, MutexGuard};

use nvbuf::{Access, ColorFormat, EglImage, Error, ErrorKind, Surface};
use nvmm_sim_control::Simulator;

/// Failures on demand belong to the whole process, so one test runs at a time.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(|e| e.into_inner())
}

fn nv12() -> Surface {
    let builder = Surface::builder(34, 18).format(ColorFormat::NV12);
    builder.build().expect("run tests through ci/sim.sh")
}

#[track_caller]
fn says<T>(result: nvbuf::Result<T>, kind: ErrorKind, call: &str, words: &[&str]) {
    let Err(error) = result else {
        panic!("{call} went well");
    };
    let error: Error = error;
    assert_eq!((error.kind(), error.call()), (kind, call), "{error}");
    for word in words {
        assert!(error.to_string().contains(word), "no {word:?} in {error}");
    }
}

#[test]
fn an_index_beyond_the_batch_names_the_call_that_was_made() {
    let _alone = alone();
    let mut surface = nv12();
    let mut other = nv12();
    let allowed = &["buffer 7 of a batch of 1", "indexes are 0 to 0"][..];
    let invalid = ErrorKind::Invalid;
    let map = "NvBufSurfaceMap";
    says(surface.map(7).map(drop), invalid, map, allowed);
    says(surface.map_mut(7).map(drop), invalid, map, allowed);
    let pointers = surface.map_ptr(7, Access::Read).map(drop);
    says(pointers, invalid, map, allowed);
    says(surface.map_plane(7, 0).map(drop), invalid, map, allowed);
    says(
        surface.fill(7, &[1, 2]),
        invalid,
        "NvBufSurfaceMemSet",
        allowed,
    );
    says(
        surface.dmabuf(7).map(drop),
        invalid,
        "Surface::dmabuf",
        allowed,
    );
    let duplicate = surface.clone_dmabuf(7);
    says(duplicate, invalid, "Surface::clone_dmabuf", allowed);
    says(
        surface.params(7).map(drop),
        invalid,
        "Surface::params",
        allowed,
    );
    says(surface.params_ex(7), invalid, "Surface::params_ex", allowed);
    let copy = surface.copy_buffer_to(7, &mut other, 0);
    says(copy, invalid, "NvBufSurfaceCopy", allowed);
    let read = surface.read_plane(7, 0, &mut []);
    says(read, invalid, "NvBufSurface2Raw", allowed);
    let write = surface.write_plane(7, 0, &[]);
    says(write, invalid, "Raw2NvBufSurface", allowed);
    let surface = Arc::new(surface);
    says(surface.buffer(7), invalid, "Surface::buffer", allowed);
    let image = EglImage::map(&surface, 7);
    says(image, invalid, "NvBufSurfaceMapEglImage", allowed);
}

#[test]
fn a_plane_beyond_the_last_says_which_there_are() {
    let _alone = alone();
    let surface = nv12();
    let (invalid, allowed) = (ErrorKind::Invalid, &["plane 2 of 2", "planes are 0 to 1"]);
    let plane = surface.map_plane(0, 2).map(drop);
    says(plane, invalid, "NvBufSurfaceMap", allowed);
    let map = surface.map_plane_ptr(0, 1, Access::Read).unwrap();
    let words = &["plane 0 of", "planes 1..2 are mapped", "map_ptr"];
    says(map.plane(0).map(drop), invalid, "MapPtr::plane", words);
    let read = surface.read_plane(0, 2, &mut []);
    let allowed = &["plane 2 of 2", "34x18", "planes are 0 to 1"];
    says(read, invalid, "NvBufSurface2Raw", allowed);
}

#[test]
fn a_call_that_the_library_refuses_says_what_helps() {
    let _alone = alone();
    let (mut surface, mut other) = (nv12(), nv12());
    let mut bytes = vec![0; 34 * 18];
    // Whether rows are packed is known from here on.
    surface.read_plane(0, 0, &mut bytes).unwrap();
    let Some(simulator) = Simulator::loaded() else {
        println!("not run: failures need the simulator (ci/sim.sh)");
        return;
    };
    let has_raw = nvbuf::sys::Library::get().unwrap().functions().to_raw;
    type Step = fn(&mut Surface, &mut Surface, &mut [u8]) -> nvbuf::Result<()>;
    let steps: [(&str, &str, Step); 7] = [
        ("NvBufSurfaceSyncForCpu", "its owner", |s, _, _| {
            s.map(0).map(drop)
        }),
        ("NvBufSurfaceSyncForDevice", "its owner", |s, _, _| {
            s.map_mut(0)?.unmap()
        }),
        ("NvBufSurfaceUnMap", "tried again", |s, _, _| {
            s.map_mut(0)?.unmap()
        }),
        ("NvBufSurfaceCopy", "A transform may", |s, o, _| {
            s.copy_to(o)
        }),
        ("NvBufSurfaceMemSet", "Surface::map_mut", |s, _, _| {
            s.fill(0, &[1, 2])
        }),
        ("NvBufSurface2Raw", "Surface::map_plane", |s, _, b| {
            s.read_plane(0, 0, b)
        }),
        ("Raw2NvBufSurface", "Surface::map_plane", |s, _, b| {
            s.write_plane(0, 0, b)
        }),
    ];
    for (call, remedy, step) in steps {
        if call.contains("Raw") && has_raw.is_none() {
            continue;
        }
        simulator.fail(call, 1, 0).unwrap();
        let result = step(&mut surface, &mut other, &mut bytes);
        let words = &["34x18 NV12", "buffer 0", remedy];
        says(result, ErrorKind::Call, call, words);
        step(&mut surface, &mut other, &mut bytes).unwrap();
    }
    drop((surface, other));
    assert_eq!(simulator.counter("violations"), Some(0));
}
