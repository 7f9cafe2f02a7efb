//! Device pointers of frames as `cust` has them, and memory of `cust`'s as frames.

use std::ffi::c_void;
use std::mem::ManuallyDrop;

use cust::memory::{DeviceBuffer, DeviceCopy, DevicePointer};

use crate::error::check;
use crate::{Context, CudaFrame, Error, PlaneLayout, Result, sys};

/// A buffer of `cust`'s that a frame keeps. `cust` frees it in whatever context is current.
struct Kept<T: DeviceCopy> {
    buffer: ManuallyDrop<DeviceBuffer<T>>,
    context: Context,
}

impl<T: DeviceCopy> Drop for Kept<T> {
    fn drop(&mut self) {
        match self.context.push() {
            // SAFETY: this is the only place that drops the buffer, and it is not used after.
            Ok(_current) => unsafe { ManuallyDrop::drop(&mut self.buffer) },
            // The context is lost and its memory with it.
            Err(error) => crate::error::report(&error),
        }
    }
}

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
    /// A frame of memory of `cust`'s, which it takes: for each plane where its first row begins, in bytes,
    /// and its shape. Freed with the last clone of the frame, with the context current.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument): a plane does not fit the buffer,
    /// the shapes are none of a frame ([`CudaFrame::from_device_ptr`]), or the memory is of another context;
    /// or the driver's error. The buffer is freed.
    pub fn from_device_buffer<T: DeviceCopy + Send + Sync + 'static>(
        context: &Context,
        buffer: DeviceBuffer<T>,
        planes: &[(u64, PlaneLayout)],
    ) -> Result<Self> {
        let (start, bytes) = (
            buffer.as_device_ptr().as_raw(),
            size_of::<T>() * buffer.len(),
        );
        // From here on it is freed with the context current.
        let kept = Kept {
            buffer: ManuallyDrop::new(buffer),
            context: context.clone(),
        };
        require_own(context, start)?;
        let mut places = Vec::with_capacity(planes.len());
        for (index, &(offset, layout)) in planes.iter().enumerate() {
            let rows = u64::from(layout.pitch) * u64::from(layout.height);
            if offset
                .checked_add(rows)
                .is_none_or(|end| end > bytes as u64)
            {
                let what = format!("plane {index} at {offset}, {layout:?}, in {bytes} bytes");
                return Err(Error::argument(CALL, what));
            }
            places.push((start + offset, layout));
        }
        // SAFETY: device memory of the context by the check above, and so long that it holds the planes;
        // `kept` owns it, and nobody else has it.
        unsafe { Self::from_device_ptr(context, &places, None, kept) }
    }
}

const CALL: &str = "CudaFrame::from_device_buffer";

/// Whether the address is memory of the context.
fn require_own(context: &Context, address: sys::CUdeviceptr) -> Result<()> {
    const QUERY: &str = "cuPointerGetAttribute";
    let query = context.functions().pointer_get_attribute;
    let query = query.ok_or_else(|| Error::missing(QUERY))?;
    let mut owner: sys::CUcontext = std::ptr::null_mut();
    let out = (&raw mut owner).cast::<c_void>();
    let _current = context.push()?;
    // SAFETY: this attribute is a context handle, for which there is room; any address may be asked about.
    let code = unsafe { query(out, sys::CUpointer_attribute::CONTEXT, address) };
    check(context.driver(), QUERY, code)?;
    if owner == context.as_raw() {
        return Ok(());
    }
    let what = format!(
        "the memory is of context {owner:?}, not of device {}'s primary context; make it while that is \
         current, by Context::push or cust::quick_init",
        context.ordinal()
    );
    Err(Error::argument(CALL, what))
}
