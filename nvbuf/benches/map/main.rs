//! What a guard costs over the calls that it makes: map, sync, unmap through nvbufsurface-sys beside
//! the same through a guard. `cargo bench -p nvbuf`; a guard may cost 5 % or 30 ns more.
//!
//! First with the platform's calls, whose time varies more than a guard costs; then with calls that do
//! next to nothing, which shows the guard's own nanoseconds.

#![allow(missing_docs, reason = "criterion_group makes a public function")]

mod instant;

use std::hint::black_box;
use std::ops::Range;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use nvbuf::sys::Library;
use nvbuf::sys::classic::{NVBUF_MAP_READ, NVBUF_MAP_READ_WRITE};
use nvbuf::sys::prefix::NvBufSurface;
use nvbuf::{ColorFormat, Surface};

/// What a program without this crate writes.
fn raw(surface: *mut NvBufSurface, planes: Range<i32>, is_written: bool) {
    let f = Library::get().unwrap().functions();
    let flags = match is_written {
        true => NVBUF_MAP_READ_WRITE,
        false => NVBUF_MAP_READ,
    };
    let mut ret = 0;
    for plane in planes.clone() {
        // SAFETY: the surface is alive, and this is its only thread.
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

fn surface() -> Surface {
    // Small, so that the calls and not the pixels are what is measured.
    let builder = Surface::builder(16, 16).format(ColorFormat::NV12);
    builder.build().expect("a surface; ci/sim.sh finds one")
}

fn platform(c: &mut Criterion) {
    instant::install();
    map(c, "platform");
}

fn own(c: &mut Criterion) {
    instant::without_work(|| map(c, "own"));
}

fn map(c: &mut Criterion, name: &str) {
    let mut guarded = surface();
    let plain = surface();
    let pointer = plain.as_ptr();
    let mut group = c.benchmark_group(name);
    group.bench_function(BenchmarkId::new("raw", "one plane, read"), |b| {
        b.iter(|| raw(black_box(pointer), 0..1, false));
    });
    group.bench_function(BenchmarkId::new("guard", "one plane, read"), |b| {
        b.iter(|| {
            black_box(&guarded)
                .map_plane(0, 0)
                .unwrap()
                .unmap()
                .unwrap()
        });
    });
    group.bench_function(BenchmarkId::new("raw", "one plane, write"), |b| {
        b.iter(|| raw(black_box(pointer), 0..1, true));
    });
    group.bench_function(BenchmarkId::new("guard", "one plane, write"), |b| {
        b.iter(|| {
            let plane = black_box(&mut guarded).map_plane_mut(0, 0).unwrap();
            plane.unmap().unwrap();
        });
    });
    group.bench_function(BenchmarkId::new("raw", "all planes, read"), |b| {
        b.iter(|| raw(black_box(pointer), 0..2, false));
    });
    group.bench_function(BenchmarkId::new("guard", "all planes, read"), |b| {
        b.iter(|| black_box(&guarded).map(0).unwrap().unmap().unwrap());
    });
    group.bench_function(BenchmarkId::new("raw", "all planes, write"), |b| {
        b.iter(|| raw(black_box(pointer), 0..2, true));
    });
    group.bench_function(BenchmarkId::new("guard", "all planes, write"), |b| {
        b.iter(|| {
            let map = black_box(&mut guarded).map_mut(0).unwrap();
            map.unmap().unwrap();
        });
    });
    group.finish();
}

criterion_group!(benches, platform, own);
criterion_main!(benches);
