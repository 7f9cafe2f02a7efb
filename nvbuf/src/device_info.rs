//! What libnvbufsurface says of the machine.

use std::fmt;
use std::mem::offset_of;

use nvbufsurface_sys::Library;
use nvbufsurface_sys::extended as sys;

use crate::error::{Error, Result, check};

/// The GPU's driver; values that are not known stay.
#[doc(alias = "NvBufSurfaceDriverType")]
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct DriverType(pub u32);

impl DriverType {
    /// The library does not know.
    pub const UNKNOWN: Self = Self(sys::NVBUF_DRIVER_TYPE_UNKNOWN);
    /// Jetson's nvgpu: memory is SURFACE_ARRAY unless said.
    pub const NVGPU: Self = Self(sys::NVBUF_DRIVER_TYPE_NVGPU);
    /// OpenRM (Thor, discrete GPUs): memory is CUDA_DEVICE unless said.
    pub const RM: Self = Self(sys::NVBUF_DRIVER_TYPE_RM);
}

impl fmt::Debug for DriverType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::UNKNOWN => f.write_str("UNKNOWN"),
            Self::NVGPU => f.write_str("NVGPU"),
            Self::RM => f.write_str("RM"),
            Self(number) => write!(f, "driver type {number}"),
        }
    }
}

/// The system on chip; values that are not known stay.
#[doc(alias = "NvBufSurfacePlatformType")]
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PlatformType(pub u32);

impl PlatformType {
    /// The library does not know, or is older than the field (DeepStream 8).
    pub const UNKNOWN: Self = Self(sys::NVBUF_PLATFORM_TYPE_UNKNOWN);
    /// TX2.
    pub const T186: Self = Self(sys::NVBUF_PLATFORM_TYPE_T186);
    /// Xavier.
    pub const T194: Self = Self(sys::NVBUF_PLATFORM_TYPE_T194);
    /// TX1, Nano.
    pub const T210: Self = Self(sys::NVBUF_PLATFORM_TYPE_T210);
    /// Orin.
    pub const T234: Self = Self(sys::NVBUF_PLATFORM_TYPE_T234);
    /// T256.
    pub const T256: Self = Self(sys::NVBUF_PLATFORM_TYPE_T256);
    /// Thor.
    pub const T264: Self = Self(sys::NVBUF_PLATFORM_TYPE_T264);
}

impl fmt::Debug for PlatformType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::UNKNOWN => f.write_str("UNKNOWN"),
            Self::T186 => f.write_str("T186"),
            Self::T194 => f.write_str("T194"),
            Self::T210 => f.write_str("T210"),
            Self::T234 => f.write_str("T234"),
            Self::T256 => f.write_str("T256"),
            Self::T264 => f.write_str("T264"),
            Self(number) => write!(f, "platform type {number}"),
        }
    }
}

/// The machine, as libnvbufsurface of L4T R39 (DeepStream 8) and later knows it.
#[doc(alias = "NvBufSurfaceDeviceInfo")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeviceInfo {
    /// The GPU's driver.
    pub driver: DriverType,
    /// There is a VIC, the engine that transforms without the GPU.
    pub has_vic: bool,
    /// The GPU uses the CPU's memory. False also where the library is older than the field
    /// (DeepStream 8).
    pub is_integrated_gpu: bool,
    /// The system on chip.
    pub platform: PlatformType,
}

/// The struct's 32-bit words: C's `bool` of a library may be any byte.
const WORDS: usize = size_of::<sys::NvBufSurfaceDeviceInfo>() / 4;

const _: () = {
    assert!(size_of::<sys::NvBufSurfaceDeviceInfo>().is_multiple_of(4));
    assert!(align_of::<sys::NvBufSurfaceDeviceInfo>() == align_of::<u32>());
    assert!(offset_of!(sys::NvBufSurfaceDeviceInfo, driverType) == 0);
    assert!(offset_of!(sys::NvBufSurfaceDeviceInfo, isVicPresent) == 4);
    assert!(offset_of!(sys::NvBufSurfaceDeviceInfo, isIntegratedGpu) == 5);
    assert!(offset_of!(sys::NvBufSurfaceDeviceInfo, platformType) == 8);
};

impl DeviceInfo {
    /// Asks the library.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Load`](crate::ErrorKind::Load) where there is no libnvbufsurface or it lacks the
    /// function (before L4T R39), [`ErrorKind::Call`](crate::ErrorKind::Call) when it refuses.
    #[doc(alias = "NvBufSurfaceGetDeviceInfo")]
    pub fn query() -> Result<Self> {
        let call = "NvBufSurfaceGetDeviceInfo";
        let library = Library::get()?;
        let get = library.functions().get_device_info.ok_or_else(|| {
            let instead = "Before it every machine with SURFACE_ARRAY has nvgpu and a VIC";
            Error::missing(library, call, instead)
        })?;
        let mut words = [0_u32; WORDS];
        // SAFETY: as many bytes as the struct has, aligned as it is (asserted above).
        let ret = unsafe { get(words.as_mut_ptr().cast()) };
        check(call, ret, || "the driver does not answer".into())?;
        let flags = words[1].to_ne_bytes();
        Ok(Self {
            driver: DriverType(words[0]),
            has_vic: flags[0] != 0,
            is_integrated_gpu: flags[1] != 0,
            platform: PlatformType(words[2]),
        })
    }
}
