//! Pictures behind surface objects: CUDA arrays, whose order of pixels only the GPU knows.

use std::ffi::c_void;
use std::fmt;
use std::ptr::{null, null_mut};

use egl_cuda::sys::{CUDA_RESOURCE_DESC, CUarray, CUdeviceptr, CUsurfObject};

use crate::case::Picture;

/// What a call of the driver returned instead of 0.
#[derive(Debug)]
pub(crate) struct Failed {
    call: &'static str,
    code: u32,
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: CUDA error {}", self.call, self.code)
    }
}

impl std::error::Error for Failed {}

const HOST: u32 = 1;
const ARRAY: u32 = 3;
const UNSIGNED_INT8: u32 = 1;
const SURFACE_LDST: u32 = 2;

/// One end of a copy.
#[repr(C)]
struct End {
    x_in_bytes: usize,
    y: usize,
    memory_type: u32,
    host: *const c_void,
    device: CUdeviceptr,
    array: CUarray,
    pitch: usize,
}

/// `CUDA_MEMCPY2D`
#[repr(C)]
struct Copy2D {
    from: End,
    to: End,
    width_in_bytes: usize,
    height: usize,
}

/// `CUDA_ARRAY3D_DESCRIPTOR`
#[repr(C)]
struct Shape {
    width: usize,
    height: usize,
    depth: usize,
    format: u32,
    num_channels: u32,
    flags: u32,
}

const _: () = assert!(size_of::<Copy2D>() == 128 && size_of::<Shape>() == 40);

// egl-cuda's trampolines, with codes as numbers, and structs that may be zeros: cust_raw's enums may not.
unsafe extern "C" {
    fn cuArray3DCreate_v2(array: *mut CUarray, shape: *const Shape) -> u32;
    fn cuArrayDestroy(array: CUarray) -> u32;
    fn cuMemcpy2D_v2(copy: *const Copy2D) -> u32;
    fn cuSurfObjectCreate(object: *mut CUsurfObject, resource: *const CUDA_RESOURCE_DESC) -> u32;
    fn cuSurfObjectDestroy(object: CUsurfObject) -> u32;
}

fn check(call: &'static str, code: u32) -> Result<(), Failed> {
    match code {
        0 => Ok(()),
        code => Err(Failed { call, code }),
    }
}

/// An array of pixels of 4 bytes.
struct Array(CUarray);

/// A picture of a case in an array of its own, and the array's surface object.
pub(crate) struct Surface {
    object: CUsurfObject,
    array: Array,
    picture: Picture,
}

impl Surface {
    /// Copies a picture out of the memory of a case. The context has to be current, as for all of this and for drop.
    pub(crate) fn new(picture: Picture, memory: &[u8]) -> Result<Self, Failed> {
        let array = Array::new(&picture)?;
        let start = memory[picture.offset as usize..].as_ptr();
        let copy = copy_of(&picture, in_host(&picture, start), array.as_end());
        // SAFETY: the picture lies within the memory, and the array is as large as it.
        let code = unsafe { cuMemcpy2D_v2(&raw const copy) };
        check("cuMemcpy2D", code)?;
        Ok(Self {
            object: array.surface_object()?,
            array,
            picture,
        })
    }

    /// The handle for kernels.
    pub(crate) fn object(&self) -> u64 {
        self.object
    }

    /// Copies the pixels to their place in a memory like that they came from. What was given to streams must be done.
    pub(crate) fn copy_to(&self, memory: &mut [u8]) -> Result<(), Failed> {
        let start = memory[self.picture.offset as usize..].as_mut_ptr();
        let end = in_host(&self.picture, start);
        let copy = copy_of(&self.picture, self.array.as_end(), end);
        // SAFETY: the picture lies within the memory, which may be written, and the array is as large as it.
        let code = unsafe { cuMemcpy2D_v2(&raw const copy) };
        check("cuMemcpy2D", code)?;
        Ok(())
    }
}

impl Drop for Surface {
    fn drop(&mut self) {
        // SAFETY: made by `new`, and the stream that it was given to is done. The array goes after it.
        let code = unsafe { cuSurfObjectDestroy(self.object) };
        if let Err(error) = check("cuSurfObjectDestroy", code) {
            eprintln!("{error}");
        }
    }
}

/// A copy of a picture.
fn copy_of(picture: &Picture, from: End, to: End) -> Copy2D {
    Copy2D {
        from,
        to,
        width_in_bytes: picture.width as usize * 4,
        height: picture.height as usize,
    }
}

/// A picture that starts there in the memory of a case.
fn in_host(picture: &Picture, start: *const u8) -> End {
    End {
        x_in_bytes: 0,
        y: 0,
        memory_type: HOST,
        host: start.cast(),
        device: 0,
        array: null_mut(),
        pitch: picture.pitch as usize,
    }
}

impl Array {
    fn new(picture: &Picture) -> Result<Self, Failed> {
        let shape = Shape {
            width: picture.width as usize,
            height: picture.height as usize,
            depth: 0,
            format: UNSIGNED_INT8,
            num_channels: 4,
            flags: SURFACE_LDST,
        };
        let mut array = null_mut();
        // SAFETY: both pointers are to live values.
        let code = unsafe { cuArray3DCreate_v2(&raw mut array, &raw const shape) };
        check("cuArray3DCreate", code)?;
        Ok(Self(array))
    }

    fn as_end(&self) -> End {
        End {
            x_in_bytes: 0,
            y: 0,
            memory_type: ARRAY,
            host: null(),
            device: 0,
            array: self.0,
            pitch: 0,
        }
    }

    fn surface_object(&self) -> Result<CUsurfObject, Failed> {
        let resource = CUDA_RESOURCE_DESC::of_array(self.0);
        let mut object = 0;
        // SAFETY: both pointers are to live values, the array is alive.
        let code = unsafe { cuSurfObjectCreate(&raw mut object, &raw const resource) };
        check("cuSurfObjectCreate", code)?;
        Ok(object)
    }
}

impl Drop for Array {
    fn drop(&mut self) {
        // SAFETY: made by `new`, nothing uses it any more.
        let code = unsafe { cuArrayDestroy(self.0) };
        if let Err(error) = check("cuArrayDestroy", code) {
            eprintln!("{error}");
        }
    }
}
