//! The release that this process simulates, and what differs between releases.

#![forbid(unsafe_code)]

use std::sync::OnceLock;

use crate::cuda::model::Gpu;
use crate::legacy::numbering::Numbering;
use crate::nvbuf::layout::Family;

/// The releases, a line each: name, number and version of the driver. ci/sim.sh reads the same file.
const LIST: &str = include_str!("../releases.txt");
const DEFAULT: &str = "r32.7";

/// A release of L4T.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Release {
    pub(crate) name: &'static str,
    /// `NVBUF_L4T` of our headers: 350401 is R35.4.1.
    l4t: u32,
    /// What `cuDriverGetVersion` says: 10020 is CUDA 10.2.
    pub(crate) cuda: u32,
}

fn all() -> impl Iterator<Item = Release> {
    LIST.lines().filter_map(|line| {
        let mut words = line.split(' ');
        let (name, l4t, cuda) = (words.next()?, words.next()?, words.next()?);
        let (l4t, cuda) = (l4t.parse().ok()?, cuda.parse().ok()?);
        Some(Release { name, l4t, cuda })
    })
}

/// The release that `NVMM_SIM_RELEASE` asks for; the process ends if there is no such one.
pub(crate) fn current() -> Release {
    or(DEFAULT)
}

/// The same, and another one if the variable is not set. Who comes first decides for good.
pub(crate) fn or(default: &str) -> Release {
    static CURRENT: OnceLock<Release> = OnceLock::new();
    *CURRENT.get_or_init(|| {
        let wanted = std::env::var("NVMM_SIM_RELEASE").unwrap_or_default();
        let wanted = if wanted.is_empty() { default } else { &wanted };
        all()
            .find(|release| release.name == wanted)
            .unwrap_or_else(|| {
                let names: Vec<_> = all().map(|release| release.name).collect();
                eprintln!(
                    "nvmm-sim: NVMM_SIM_RELEASE={wanted} is not known; there are: {}",
                    names.join(" ")
                );
                std::process::abort()
            })
    })
}

impl Release {
    /// The GPU of the module that the release is simulated on.
    pub(crate) fn gpu(self) -> Gpu {
        match self.l4t {
            360000.. => Gpu::Orin,
            340000.. => Gpu::Xavier,
            _ => Gpu::Tx2,
        }
    }

    /// The layout of the structs of libnvbufsurface.
    pub(crate) fn family(self) -> Family {
        if self.l4t >= 390000 {
            Family::Extended
        } else {
            Family::Classic
        }
    }

    /// Whether `paramex` is more than a reserved word.
    pub(crate) fn has_paramex(self) -> bool {
        self.l4t >= 340100
    }

    /// Whether `dataPtr` of a SURFACE_ARRAY is its `nv_buffer`.
    pub(crate) fn data_is_nv_buffer(self) -> bool {
        (320000..330000).contains(&self.l4t)
    }

    /// Where `NvBufSurfaceAllocateParams` has `disablePitchPadding`, if it has.
    pub(crate) fn disable_pitch_padding(self) -> Option<usize> {
        (self.l4t >= 350300).then(|| self.family().disable_pitch_padding())
    }

    /// Whether memory can be a CUDA array.
    pub(crate) fn has_cuda_array(self) -> bool {
        self.l4t >= 390000
    }

    /// Whether the composite parameters of libnvbufsurftransform have a filter (32 bytes, before 24).
    pub(crate) fn has_composite_filter(self) -> bool {
        self.l4t >= 320600
    }

    /// Whether libnvbufsurftransform takes odd rectangles on demand.
    pub(crate) fn allows_odd_crop(self) -> bool {
        self.l4t >= 350600
    }

    /// One more than the last colour format: `NVBUF_COLOR_FORMAT_LAST` of its headers.
    pub(crate) fn num_formats(self) -> u32 {
        match self.l4t {
            390000.. => 113,
            360400.. => 93,
            360300.. => 92,
            360000.. => 89,
            350400.. => 88,
            340100.. => 71,
            320500.. => 47,
            320400.. => 42,
            _ => 37,
        }
    }

    /// The numbers and structs of libnvbuf_utils, if it has that library.
    pub(crate) fn numbering(self) -> Option<Numbering> {
        Some(match self.l4t {
            350300.. => return None,
            340100.. => Numbering::r34,
            320600.. => Numbering::r32_6,
            320500.. => Numbering::r32_5,
            320400.. => Numbering::r32_4,
            320300.. => Numbering::r32_3,
            320200.. => Numbering::r32_2,
            320100.. => Numbering::r32_1,
            _ => Numbering::r28,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_list_is_a_release() {
        let lines = LIST.lines().filter(|line| !line.starts_with('#'));
        assert_eq!(all().count(), lines.count());
        assert!(all().any(|release| release.name == DEFAULT));
        assert!(all().all(|release| release.name.starts_with('r')));
    }
}
