//! Device pointers of frames as `cust` has them.
#![forbid(unsafe_code)]

use cust::memory::{DeviceCopy, DevicePointer};

use crate::{CudaFrame, Error, Result};

impl CudaFrame {
    /// The first row of a plane as a pointer of `cust`'s: an argument of [`cust::launch!`], or where
    /// `cust`'s own functions copy from and to. Row `y` is [`pitch`](crate::PlaneLayout::pitch) times
    /// `y` bytes behind it, not `width` times `y` elements.
    ///
    /// It is valid as long as the frame, or a clone of it, lives. Back again, to a `CUdeviceptr`, is
    /// [`DevicePointer::as_raw`].
    ///
    /// # Errors
    ///
    /// [`ErrorKind::PlaneOutOfRange`](crate::ErrorKind::PlaneOutOfRange);
    /// [`ErrorKind::BlockLinear`](crate::ErrorKind::BlockLinear): the frame consists of arrays;
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument): rows do not begin where a `T`
    /// may, or `T` has no size.
    pub fn device_pointer<T: DeviceCopy>(&self, plane: u32) -> Result<DevicePointer<T>> {
        let (address, pitch) = self.pitch_ptr(plane)?;
        let align = align_of::<T>() as u64;
        if size_of::<T>() == 0 || address % align != 0 || u64::from(pitch) % align != 0 {
            return Err(Error::argument(
                "CudaFrame::device_pointer",
                format!(
                    "plane {plane} at {address:#x} with pitch {pitch} has no rows of elements of {} \
                     bytes at multiples of {align}; take DevicePointer<u8>",
                    size_of::<T>()
                ),
            ));
        }
        Ok(DevicePointer::from_raw(address))
    }
}
