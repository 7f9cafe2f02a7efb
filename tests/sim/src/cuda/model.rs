//! The GPU of the module that a release is simulated on, and what it can do.

#![forbid(unsafe_code)]

use std::ffi::{CStr, c_int};

/// Alignment of the address of a texture on linear memory.
pub(crate) const TEXTURE_ALIGNMENT: usize = 512;
/// Alignment of the pitch of a texture on linear memory.
pub(crate) const TEXTURE_PITCH_ALIGNMENT: usize = 32;
/// Width and height of a 2D array at most.
pub(crate) const MAX_2D: [usize; 2] = [131_072, 65_536];
/// Width of a 1D array at most.
pub(crate) const MAX_1D: usize = 131_072;
/// Each side of a 3D array at most.
pub(crate) const MAX_3D: usize = 16_384;
/// Layers of an array at most.
pub(crate) const MAX_LAYERS: usize = 2_048;
/// Elements of a texture on linear memory at most.
pub(crate) const MAX_LINEAR: usize = 1 << 27;
/// Width, height and pitch of a texture on pitched memory at most.
pub(crate) const MAX_PITCHED: [usize; 3] = [131_072, 65_000, 2_097_120];
/// Threads of a block at most.
pub(crate) const MAX_BLOCK_THREADS: u32 = 1_024;
/// Threads of a warp.
pub(crate) const WARP: u32 = 32;
/// Shared memory of a block.
pub(crate) const SHARED_MEMORY: u32 = 49_152;
/// Registers of a multiprocessor.
pub(crate) const REGISTERS: u32 = 65_536;

/// The GPU of a Jetson.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gpu {
    /// Jetson TX2, 8 GiB.
    Tx2,
    /// Jetson AGX Xavier, 32 GiB.
    Xavier,
    /// Jetson AGX Orin, 64 GiB.
    Orin,
}

impl Gpu {
    pub(crate) fn name(self) -> &'static CStr {
        match self {
            Self::Tx2 => c"NVIDIA Tegra X2 (simulated)",
            Self::Xavier => c"Xavier (simulated)",
            Self::Orin => c"Orin (simulated)",
        }
    }

    pub(crate) fn uuid(self) -> [u8; 16] {
        *match self {
            Self::Tx2 => b"nvmm-sim tegrax2",
            Self::Xavier => b"nvmm-sim  xavier",
            Self::Orin => b"nvmm-sim    orin",
        }
    }

    /// Major and minor number.
    pub(crate) fn compute_capability(self) -> (c_int, c_int) {
        match self {
            Self::Tx2 => (6, 2),
            Self::Xavier => (7, 2),
            Self::Orin => (8, 7),
        }
    }

    /// The module's memory less what firmware takes.
    pub(crate) fn memory(self) -> usize {
        match self {
            Self::Tx2 => 0x1_eb00_0000,
            Self::Xavier => 0x7_c000_0000,
            Self::Orin => 0xf_8000_0000,
        }
    }

    /// Whether memory of the program can be registered: since compute capability 7.2.
    pub(crate) fn registers_host_memory(self) -> bool {
        self != Self::Tx2
    }

    /// Threads that a multiprocessor holds.
    pub(crate) fn multiprocessor_threads(self) -> u32 {
        match self {
            Self::Orin => 1_536,
            _ => 2_048,
        }
    }

    /// Blocks that a multiprocessor holds.
    pub(crate) fn multiprocessor_blocks(self) -> u32 {
        match self {
            Self::Orin => 16,
            _ => 32,
        }
    }

    /// Shared memory of a multiprocessor.
    pub(crate) fn multiprocessor_shared_memory(self) -> u32 {
        match self {
            Self::Tx2 => 65_536,
            Self::Xavier => 98_304,
            Self::Orin => 167_936,
        }
    }

    pub(crate) fn multiprocessors(self) -> u32 {
        match self {
            Self::Tx2 => 2,
            Self::Xavier => 8,
            Self::Orin => 16,
        }
    }

    /// `cuDeviceGetAttribute`; `None` for a number that the version of CUDA does not know.
    pub(crate) fn attribute(self, attribute: c_int, cuda: u32) -> Option<c_int> {
        if !(1..=last_attribute(cuda)).contains(&attribute) {
            return None;
        }
        let pick = |tx2: c_int, xavier: c_int, orin: c_int| match self {
            Self::Tx2 => tx2,
            Self::Xavier => xavier,
            Self::Orin => orin,
        };
        let number = |n: usize| c_int::try_from(n).unwrap_or(c_int::MAX);
        let unsigned = |n: u32| c_int::try_from(n).unwrap_or(c_int::MAX);
        let (major, minor) = self.compute_capability();
        Some(match attribute {
            // Threads of a block; block and grid sides.
            1..=3 => unsigned(MAX_BLOCK_THREADS),
            4 => 64,
            5 => c_int::MAX,
            6 | 7 => 65_535,
            // Shared and constant memory, warp size, pitch, registers.
            8 => unsigned(SHARED_MEMORY),
            9 => 65_536,
            10 => unsigned(WARP),
            11 => c_int::MAX,
            12 => pick(32_768, 65_536, 65_536),
            // Clock in kHz, texture alignment, overlap, multiprocessors.
            13 => pick(1_300_500, 1_377_000, 1_300_000),
            14 => number(TEXTURE_ALIGNMENT),
            15 => 1,
            16 => unsigned(self.multiprocessors()),
            // Integrated, can map host memory, concurrent kernels.
            18 | 19 | 31 => 1,
            // Sides of textures: 1D, 2D, 3D, layered; the same for surfaces, and mipmapped ones.
            21 | 42 | 55 | 61 => number(MAX_1D),
            22 | 56 => number(MAX_2D[0]),
            23 | 57 => number(MAX_2D[1]),
            24..=26 | 58..=60 => number(MAX_3D),
            27 | 28 | 45 | 46 | 52 | 53 | 63 | 64 | 66 | 67 | 73 | 74 | 77 => 32_768,
            29 | 43 | 62 | 65 => number(MAX_LAYERS),
            54 | 68 => 2_046,
            47..=49 => 0,
            69 => number(MAX_LINEAR),
            70..=72 => number(MAX_PITCHED[usize::try_from(attribute - 70).unwrap_or(0)]),
            // Alignment of surfaces, of the pitch of textures; gather.
            30 => 512,
            51 => number(TEXTURE_PITCH_ALIGNMENT),
            44 => 1,
            // Memory clock and bus, L2, threads of a multiprocessor, engines, unified addressing.
            36 => pick(1_600_000, 2_133_000, 3_199_000),
            37 => pick(128, 256, 256),
            38 => pick(524_288, 524_288, 4_194_304),
            39 => unsigned(self.multiprocessor_threads()),
            40 | 41 => 1,
            75 => major,
            76 => minor,
            // Stream priorities, L1 for global and local memory, managed memory, preemption.
            78..=80 | 83 | 90 => 1,
            81 => unsigned(self.multiprocessor_shared_memory()),
            82 => unsigned(REGISTERS),
            // Atomics of the host, its pointers to registered memory, its registration.
            86 => pick(0, 1, 1),
            87 => pick(32, 32, 64),
            91 | 99 => c_int::from(self.registers_host_memory()),
            97 => pick(49_152, 98_304, 166_912),
            106 => unsigned(self.multiprocessor_blocks()),
            // The rest of what the version knows: not there.
            _ => 0,
        })
    }
}

/// The last `CUdevice_attribute` of a version.
fn last_attribute(cuda: u32) -> c_int {
    match cuda {
        13000.. => 148,
        12060.. => 135,
        12000.. => 134,
        11000.. => 119,
        10020.. => 105,
        10000.. => 101,
        9000.. => 97,
        _ => 91,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_those_of_the_gpu_and_the_version() {
        assert_eq!(Gpu::Tx2.attribute(75, 8000), Some(6));
        assert_eq!(Gpu::Orin.attribute(76, 13020), Some(7));
        assert_eq!(Gpu::Xavier.attribute(18, 11040), Some(1));
        assert_eq!(Gpu::Tx2.attribute(99, 10000), Some(0));
        assert_eq!(Gpu::Tx2.attribute(99, 8000), None);
        assert_eq!(Gpu::Orin.attribute(119, 11040), Some(0));
        assert_eq!(Gpu::Orin.attribute(120, 11040), None);
        assert_eq!(Gpu::Orin.attribute(72, 12060), Some(2_097_120));
        assert_eq!(Gpu::Orin.attribute(0, 12060), None);
        assert_eq!(Gpu::Orin.attribute(-1, 12060), None);
    }
}
