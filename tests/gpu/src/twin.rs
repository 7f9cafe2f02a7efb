//! The host's side of a case.

use std::cell::RefCell;
use std::ffi::c_void;
use std::ptr;

use nvmm_sim_twins::{Launch, Object, nvmm_twin_nvmm_overlay};

use crate::case::{Case, Picture};

thread_local! {
    /// The surfaces of the case that this thread runs, with their handles.
    static SURFACES: RefCell<Vec<(u64, Object)>> = const { RefCell::new(Vec::new()) };
}

/// What the twin asks of a surface object.
///
/// # Safety
///
/// `object` is writable.
unsafe extern "C" fn find(handle: u64, object: *mut Object) -> i32 {
    let found = SURFACES.with_borrow(|all| {
        let mut named = all.iter().filter(|(number, _)| *number == handle);
        named.next().map(|(_, object)| *object)
    });
    let Some(found) = found else {
        return -1;
    };
    // SAFETY: by this function's contract.
    unsafe { object.write(found) };
    0
}

/// A picture of a case whose memory is at `base`, as a surface.
fn surface(picture: &Picture, base: u64) -> Object {
    Object {
        pixels: base + picture.offset,
        pitch: u64::from(picture.pitch),
        width: picture.width,
        height: picture.height,
        depth: 1,
        element_bytes: 4,
        format: 1,
        channels: 4,
        is_surface: 1,
        ..Object::default()
    }
}

/// Runs the twin on a copy of the case's memory and gives what it left there.
pub(crate) fn run(case: &Case) -> Vec<u8> {
    let mut memory = case.memory.clone();
    let base = memory.as_mut_ptr().expose_provenance() as u64;
    let surfaces = case.surfaces().iter().map(|picture| surface(picture, base));
    // Handles that are no addresses and no indices.
    let surfaces: Vec<_> = (0x7000_0001..).step_by(7).zip(surfaces).collect();
    let handles: Vec<_> = surfaces.iter().map(|(handle, _)| *handle).collect();
    SURFACES.set(surfaces);
    let mut params = case.params_at(base, &handles);
    let launch = Launch {
        grid: [case.grid.0, case.grid.1, 1],
        block: [case.block.0, case.block.1, 1],
        shared_bytes: 0,
        object: Some(find),
    };
    let pointers: [*mut c_void; 1] = [ptr::from_mut(&mut params).cast()];
    // SAFETY: launch, parameters and memory live across the call. The case keeps its pictures within its memory as
    // far as they lie over the output, `find` is what it has to be and gives pictures of it, and nobody else knows this
    // copy.
    unsafe { nvmm_twin_nvmm_overlay(&raw const launch, pointers.as_ptr()) };
    memory
}
