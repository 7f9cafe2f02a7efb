//! What the elements of typed rows may be.

mod sealed {
    pub trait Sealed {}
}

/// Types that the bytes of a row can be read and written as: every bit pattern is one of their
/// values, and they have no padding.
///
/// Integers, floats, and arrays of them: `u16` for NV12_10LE, `[u8; 4]` for RGBA, `[u16; 2]` for a
/// pair of 10-bit chroma samples. Numbers have the machine's byte order, which is little-endian on
/// every Jetson, as the formats' `LE` says.
///
/// # Safety
///
/// Sealed: implemented here alone, for types of which the above is true.
pub unsafe trait Pixel: sealed::Sealed + Copy + Send + Sync + 'static {}

macro_rules! pixels {
    ($($type:ty)*) => {
        $(
            impl sealed::Sealed for $type {}
            // SAFETY: every bit pattern is a number, and there is no padding.
            unsafe impl Pixel for $type {}
        )*
    };
}

pixels! { u8 i8 u16 i16 u32 i32 u64 i64 f32 f64 }

impl<T: Pixel, const N: usize> sealed::Sealed for [T; N] {}
// SAFETY: an array is its elements, one after the other without padding.
unsafe impl<T: Pixel, const N: usize> Pixel for [T; N] {}
