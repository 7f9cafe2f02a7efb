//! A plane: who has it mapped, and how fresh the CPU's and the device's copies of it are.

#![forbid(unsafe_code)]

use std::ffi::c_int;

/// CPU mappings of one plane at a time, by different descriptors; real programs have one or two.
const MAX_MAPS: usize = 16;

/// The device's copy of a plane, compared with the CPU's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Device {
    /// It was not written since both were the same.
    #[default]
    Old,
    /// The GPU used the buffer: only the bytes tell whether it wrote.
    MaybeNew,
    /// It was written.
    New,
}

/// What the CPU may have written that the device does not have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Cpu {
    #[default]
    Nothing,
    /// Mapped for writing, and synchronised since.
    MoreSinceSync,
    /// Mapped for writing, and not synchronised since.
    Unsynced,
}

/// A plane: the descriptor each mapping was made through and whether it may write, and the copies.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Plane {
    pub(super) maps: [(usize, bool); MAX_MAPS],
    pub(super) len: usize,
    pub(super) device: Device,
    pub(super) cpu: Cpu,
    /// Mapped for reading while the device's copy was new, and not synchronised since.
    pub(super) is_stale: bool,
}

impl Plane {
    pub(super) fn maps(&self) -> &[(usize, bool)] {
        &self.maps[..self.len]
    }

    pub(super) fn is_writable(&self) -> bool {
        self.maps().iter().any(|(_, write)| *write)
    }

    pub(super) fn protection(&self) -> c_int {
        match (self.len, self.is_writable()) {
            (0, _) => libc::PROT_NONE,
            (_, true) => libc::PROT_READ | libc::PROT_WRITE,
            (_, false) => libc::PROT_READ,
        }
    }

    /// The device has what the CPU wrote, or it counts as lost.
    pub(super) fn settle(&mut self) {
        self.cpu = if self.is_writable() {
            Cpu::MoreSinceSync
        } else {
            Cpu::Nothing
        };
    }
}
