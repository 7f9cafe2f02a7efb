//! Bytes between the two copies of the pixels.

/// Something to do with bytes of the CPU's copy, of the device's, and how many there are; false only from a
/// comparison.
pub(crate) type Action = unsafe fn(usize, usize, usize) -> bool;

/// The CPU's copy from the device's.
///
/// # Safety
///
/// The `len` bytes at `cpu` are writable and those at `device` readable; no Rust reference covers them, and they
/// do not overlap.
pub(crate) unsafe fn read(cpu: usize, device: usize, len: usize) -> bool {
    let to = std::ptr::with_exposed_provenance_mut::<u8>(cpu);
    // SAFETY: by this function's contract.
    unsafe { to.copy_from_nonoverlapping(std::ptr::with_exposed_provenance(device), len) };
    true
}

/// The device's copy from the CPU's.
///
/// # Safety
///
/// As [`read`], with reading and writing exchanged.
pub(crate) unsafe fn write(cpu: usize, device: usize, len: usize) -> bool {
    // SAFETY: by this function's contract.
    unsafe { read(device, cpu, len) }
}

/// Whether both are the same.
///
/// # Safety
///
/// As [`read`]; both are readable, and neither is written.
pub(crate) unsafe fn is_same(cpu: usize, device: usize, len: usize) -> bool {
    let cpu = std::ptr::with_exposed_provenance(cpu);
    let device = std::ptr::with_exposed_provenance(device);
    // SAFETY: by this function's contract.
    unsafe { libc::memcmp(cpu, device, len) == 0 }
}
