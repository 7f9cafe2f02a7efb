//! Pixels of surfaces for the tests of transforms, and releases to run them on.

#![allow(dead_code, reason = "each test has its own part")]

use std::path::Path;
use std::process::Command;

use nvbuf::sys::{TransformFunctions, TransformLibrary};
use nvbuf::{Access, ColorFormat, Surface};
use nvmm_sim_control::Simulator;

pub(crate) fn functions() -> &'static TransformFunctions {
    TransformLibrary::get()
        .expect("libnvbufsurftransform; run tests through ci/sim.sh")
        .functions()
}

pub(crate) fn surface(format: ColorFormat, width: u32, height: u32) -> Surface {
    Surface::builder(width, height)
        .format(format)
        .build()
        .expect("a surface; run tests through ci/sim.sh")
}

/// Rows of a plane without their padding, one after the other.
pub(crate) fn read(surface: &Surface, index: u32, plane: usize) -> Vec<u8> {
    let map = surface.map_ptr(index, Access::Read).unwrap();
    let plane = map.plane(plane).unwrap();
    let params = plane.params;
    let mut out = Vec::new();
    for y in 0..params.height as usize {
        let row = plane.data.as_ptr().wrapping_add(y * params.pitch as usize);
        // SAFETY: a row of the mapped plane, which nobody writes now.
        out.extend_from_slice(unsafe { std::slice::from_raw_parts(row, params.row_bytes()) });
    }
    map.unmap().unwrap();
    out
}

/// The other way round.
pub(crate) fn write(surface: &mut Surface, index: u32, plane: usize, bytes: &[u8]) {
    let mut map = surface.map_mut(index).unwrap();
    let (pixels, params) = map.plane_mut(plane).unwrap();
    let rows = pixels.chunks_mut(params.pitch as usize);
    for (row, from) in rows.zip(bytes.chunks(params.row_bytes())) {
        row[..from.len()].copy_from_slice(from);
    }
    map.unmap().unwrap();
}

/// Fills plane 0 with noise that depends on a seed, and gives it.
pub(crate) fn paint(surface: &mut Surface, index: u32, seed: u32) -> Vec<u8> {
    let plane = surface.params(index).unwrap().planes()[0];
    let mut state = seed.wrapping_mul(2_654_435_761) | 1;
    let bytes: Vec<u8> = (0..plane.row_bytes() * plane.height as usize)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            state as u8
        })
        .collect();
    write(surface, index, 0, &bytes);
    bytes
}

pub(crate) fn rgba(width: u32, height: u32, seed: u32) -> (Surface, Vec<u8>) {
    let mut surface = surface(ColorFormat::RGBA, width, height);
    let pixels = paint(&mut surface, 0, seed);
    (surface, pixels)
}

pub(crate) fn pixel(pixels: &[u8], width: usize, x: usize, y: usize) -> [u8; 4] {
    pixels[(y * width + x) * 4..][..4].try_into().unwrap()
}

/// A counter of the simulator; `None` on hardware.
pub(crate) fn counter(name: &str) -> Option<u64> {
    Simulator::loaded().and_then(|simulator| simulator.counter(name))
}

/// Set where a test runs on another release.
const CHILD: &str = "NVBUF_TEST_ON_RELEASE";

/// Runs all tests of this program on another release too. Simulator only.
pub(crate) fn on_release(release: &str) {
    surface(ColorFormat::RGBA, 16, 16);
    if std::env::var_os(CHILD).is_some() || Simulator::loaded().is_none() {
        return;
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ci/sim.sh");
    let output = Command::new(script)
        .arg(std::env::current_exe().unwrap())
        .env("NVMM_SIM", "1")
        .env("NVMM_SIM_RELEASE", release)
        .env(CHILD, "1")
        .output()
        .unwrap();
    let (out, err) = (&output.stdout, &output.stderr);
    assert!(
        output.status.success(),
        "{release}: {}\n{}",
        String::from_utf8_lossy(out),
        String::from_utf8_lossy(err)
    );
}
