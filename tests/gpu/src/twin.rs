//! The host's side of a case.

use std::ffi::c_void;
use std::ptr;

use nvmm_sim_twins::{Launch, nvmm_twin_nvmm_overlay};

use crate::case::Case;

/// Runs the twin on a copy of the case's memory and gives what it left there.
pub(crate) fn run(case: &Case) -> Vec<u8> {
    let mut memory = case.memory.clone();
    let mut params = case.params_at(memory.as_mut_ptr().expose_provenance() as u64);
    let launch = Launch {
        grid: [case.grid.0, case.grid.1, 1],
        block: [case.block.0, case.block.1, 1],
        shared_bytes: 0,
    };
    let pointers: [*mut c_void; 1] = [ptr::from_mut(&mut params).cast()];
    // SAFETY: launch, parameters and memory live across the call. The case keeps its pictures within its memory as
    // far as they lie over the output, and nobody else knows this copy.
    unsafe { nvmm_twin_nvmm_overlay(&raw const launch, pointers.as_ptr()) };
    memory
}
