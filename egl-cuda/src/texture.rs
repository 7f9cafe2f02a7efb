//! How kernels sample a frame's planes.
#![forbid(unsafe_code)]

use crate::sys::{self, CUaddress_mode, CUfilter_mode};

/// How a texture is sampled; the same in both directions.
///
/// The default gives the nearest pixel's own integers, by coordinates that count pixels, and the pixel at
/// the border outside.
///
/// ```no_run
/// use egl_cuda::{Sampling, sys::CUfilter_mode};
///
/// # fn run(frame: egl_cuda::CudaFrame) -> egl_cuda::Result<()> {
/// let smooth = Sampling { filter: CUfilter_mode::LINEAR, as_integers: false, ..Sampling::default() };
/// let texture = frame.texture_object(0, smooth)?;
/// # Ok(()) }
/// ```
#[doc(alias = "CUDA_TEXTURE_DESC")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Sampling {
    /// What there is outside the plane. `WRAP` and `MIRROR` need normalised coordinates; `BORDER` is 0.
    pub address: CUaddress_mode,
    /// What there is between pixels. `LINEAR` needs floating point: elements of that type, or integers of
    /// 8 or 16 bits that are not read [`as_integers`](Self::as_integers).
    pub filter: CUfilter_mode,
    /// Coordinates go from 0 to 1, not to the plane's size.
    pub is_normalized: bool,
    /// Integers are given as they are, not as floating point from 0 (or -1) to 1.
    pub as_integers: bool,
}

impl Default for Sampling {
    fn default() -> Self {
        Self {
            address: CUaddress_mode::CLAMP,
            filter: CUfilter_mode::POINT,
            is_normalized: false,
            as_integers: true,
        }
    }
}

impl Sampling {
    pub(crate) fn describe(self) -> sys::CUDA_TEXTURE_DESC {
        let flag = |is_set, flag| if is_set { flag } else { 0 };
        sys::CUDA_TEXTURE_DESC {
            addressMode: [self.address; 3],
            filterMode: self.filter,
            flags: flag(self.as_integers, sys::CU_TRSF_READ_AS_INTEGER)
                | flag(self.is_normalized, sys::CU_TRSF_NORMALIZED_COORDINATES),
            ..Default::default()
        }
    }
}
