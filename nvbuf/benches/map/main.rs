//! What a guard costs over the calls that it makes: map, sync, unmap through nvbufsurface-sys beside
//! the same through a guard. `cargo bench -p nvbuf`; a guard may cost 5 % or 30 ns more.
//!
//! First with the platform's calls, whose time varies more than a guard costs; then with calls that do
//! next to nothing, which shows the guard's own nanoseconds. At the end both are compared in turns.

mod compare;
mod instant;

use std::hint::black_box;
use std::ops::Range;

use criterion::{BenchmarkId, Criterion};
use nvbuf::sys::Library;
use nvbuf::sys::classic::{NVBUF_MAP_READ, NVBUF_MAP_READ_WRITE};
use nvbuf::sys::prefix::NvBufSurface;
use nvbuf::{ColorFormat, Surface};

/// The same work twice.
struct Case {
    name: &'static str,
    raw: fn(*mut NvBufSurface),
    guard: fn(&mut Surface),
}

const CASES: [Case; 4] = [
    Case {
        name: "one plane, read",
        raw: |surface| raw(surface, 0..1, false),
        guard: |surface| surface.map_plane(0, 0).unwrap().unmap().unwrap(),
    },
    Case {
        name: "one plane, write",
        raw: |surface| raw(surface, 0..1, true),
        guard: |surface| surface.map_plane_mut(0, 0).unwrap().unmap().unwrap(),
    },
    Case {
        name: "all planes, read",
        raw: |surface| raw(surface, 0..2, false),
        guard: |surface| surface.map(0).unwrap().unmap().unwrap(),
    },
    Case {
        name: "all planes, write",
        raw: |surface| raw(surface, 0..2, true),
        guard: |surface| surface.map_mut(0).unwrap().unmap().unwrap(),
    },
];

/// What a program without this crate writes.
fn raw(surface: *mut NvBufSurface, planes: Range<i32>, is_written: bool) {
    let f = Library::get().unwrap().functions();
    let flags = match is_written {
        true => NVBUF_MAP_READ_WRITE,
        false => NVBUF_MAP_READ,
    };
    let mut ret = 0;
    for plane in planes.clone() {
        // SAFETY: the surface is alive, this is its only thread, and no guard of it lives.
        ret |= unsafe { (f.map)(surface, 0, plane, flags) };
        // SAFETY: as above.
        ret |= unsafe { (f.sync_for_cpu)(surface, 0, plane) };
    }
    for plane in planes {
        if is_written {
            // SAFETY: as above.
            ret |= unsafe { (f.sync_for_device)(surface, 0, plane) };
        }
        // SAFETY: as above.
        ret |= unsafe { (f.unmap)(surface, 0, plane) };
    }
    assert_eq!(ret, 0);
}

/// A surface, and the same for raw calls: of two surfaces one is mapped faster by more than a guard
/// costs.
fn surface() -> (Surface, *mut NvBufSurface) {
    // Small, so that the calls and not the pixels are what is measured.
    let builder = Surface::builder(16, 16).format(ColorFormat::NV12);
    let surface = builder.build().expect("a surface; ci/sim.sh finds one");
    (surface, instant::last())
}

fn map(c: &mut Criterion, name: &str) {
    let (mut surface, pointer) = surface();
    let mut group = c.benchmark_group(name);
    for case in &CASES {
        group.bench_function(BenchmarkId::new("raw", case.name), |b| {
            b.iter(|| (case.raw)(black_box(pointer)));
        });
        group.bench_function(BenchmarkId::new("guard", case.name), |b| {
            b.iter(|| (case.guard)(black_box(&mut surface)));
        });
    }
    group.finish();
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    instant::install();
    map(&mut criterion, "platform");
    instant::without_work(|| map(&mut criterion, "own"));
    criterion.final_summary();
    // Anybody else (`cargo test`) only wants to know whether it runs.
    if std::env::args().any(|argument| argument == "--bench") {
        compare::print("platform", 50);
        instant::without_work(|| compare::print("own", 5000));
    }
}
