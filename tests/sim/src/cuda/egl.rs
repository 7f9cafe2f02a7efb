//! EGLImages in CUDA: register, look, unregister.

use std::ffi::c_uint;
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;

use nvbufsurface_sys::classic::NVBUF_LAYOUT_BLOCK_LINEAR;

use super::array::{self, Array, Descriptor3D, SURFACE_LDST, channel_bytes};
use super::error::{INVALID_CONTEXT, INVALID_HANDLE, INVALID_VALUE, NOT_SUPPORTED};
use super::{CuResult, Out, call, context, egl_stream, put};
use crate::functions::Function;
use crate::nvbuf::buffer::Buffer;
use crate::nvbuf::egl::{IMAGES, Image};
use crate::nvbuf::format;
use crate::rule::Rule;
use crate::stats::{COUNTERS, add, sub};
use crate::table::Table;

/// Planes of a `CUeglFrame`.
pub(super) const MAX_PLANES: usize = 3;
const FRAME_TYPE_ARRAY: c_uint = 0;
const FRAME_TYPE_PITCH: c_uint = 1;

/// `CUeglFrame`
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct EglFrame {
    /// `CUarray` or device address of each plane, by the frame type.
    pub(super) planes: [usize; MAX_PLANES],
    pub(super) width: c_uint,
    pub(super) height: c_uint,
    depth: c_uint,
    pitch: c_uint,
    pub(super) plane_count: c_uint,
    num_channels: c_uint,
    frame_type: c_uint,
    egl_color_format: c_uint,
    cu_format: c_uint,
}

const _: () = assert!(size_of::<EglFrame>() == 64, "the driver's struct");

impl EglFrame {
    /// Whether its planes are arrays; `None` if that type is unknown.
    pub(super) fn is_array(&self) -> Option<bool> {
        match self.frame_type {
            FRAME_TYPE_ARRAY => Some(true),
            FRAME_TYPE_PITCH => Some(false),
            _ => None,
        }
    }

    /// Bytes from the start of the first plane to the end of its last row; `None` if that makes no
    /// sense.
    pub(super) fn first_plane_bytes(&self) -> Option<usize> {
        let element = match self.cu_format {
            0x01 | 0x08 => 1,
            0x02 | 0x09 | 0x10 => 2,
            0x03 | 0x0a | 0x20 => 4,
            _ => return None,
        };
        // Planes of their own have one channel each, whatever is said of all.
        let channels = if self.plane_count > 1 {
            1
        } else {
            self.num_channels
        };
        if !(1..=4).contains(&channels) {
            return None;
        }
        let row = self.width as usize * channels as usize * element;
        let pitch = self.pitch as usize;
        if self.is_array()? {
            return Some(row);
        }
        (row <= pitch).then(|| (self.height as usize - 1) * pitch + row)
    }
}

/// A registration of an EGLImage.
#[derive(Debug)]
pub(crate) struct Resource {
    context: usize,
    image: Arc<Image>,
    /// `CUarray` handles of a block-linear buffer, else zeros.
    arrays: [usize; MAX_PLANES],
}

static RESOURCES: Table<Resource> = Table::new();

/// A plane of a block-linear buffer as an array. Surfaces can be made of it: NVIDIA's own samples do.
fn array_of(buffer: &Buffer, plane: usize, context: usize) -> Array {
    let planes = &buffer.planes;
    let format = format::find(buffer.color_format).map_or(0, |format| format.cu_format);
    let channel = u32::try_from(channel_bytes(format).unwrap_or(1)).unwrap_or(1);
    Array {
        context,
        desc: Descriptor3D {
            width: planes.width[plane] as usize,
            height: planes.height[plane] as usize,
            depth: 0,
            format,
            channels: planes.bytesPerPix[plane] / channel,
            flags: SURFACE_LDST,
        },
        region: Arc::clone(&buffer.region),
        address: buffer.device_address(plane),
        pitch: planes.pitch[plane] as usize,
    }
}

/// `cuGraphicsEGLRegisterImage`
pub(crate) extern "C" fn register_image(
    out: Out<'_, usize>,
    image: usize,
    flags: c_uint,
) -> CuResult {
    call(Function::cuGraphicsEGLRegisterImage, || {
        let context = context::current()?.handle;
        let out = out.ok_or(INVALID_VALUE)?;
        // Tegra takes no other flags.
        if flags != 0 {
            return Err(INVALID_VALUE);
        }
        let image = IMAGES.get(image).ok_or(INVALID_VALUE)?;
        let buffer = &image.buffer;
        let mut arrays = [0; MAX_PLANES];
        if buffer.layout == NVBUF_LAYOUT_BLOCK_LINEAR {
            for (plane, array) in arrays.iter_mut().enumerate().take(buffer.num_planes()) {
                *array = array::add_plane(array_of(buffer, plane, context));
            }
        }
        buffer.region.registrations.fetch_add(1, SeqCst);
        image.registrations.fetch_add(1, SeqCst);
        add(&COUNTERS.registrations, 1);
        add(&COUNTERS.registrations_alive, 1);
        if !buffer.was_registered.swap(true, SeqCst) {
            add(&COUNTERS.distinct_surfaces_registered, 1);
        }
        out.write(RESOURCES.add(Arc::new(Resource {
            context,
            image,
            arrays,
        })));
        Ok(())
    })
}

/// `cuGraphicsResourceGetMappedEglFrame`
pub(crate) extern "C" fn get_mapped_egl_frame(
    out: Out<'_, EglFrame>,
    resource: usize,
    index: c_uint,
    mip_level: c_uint,
) -> CuResult {
    call(Function::cuGraphicsResourceGetMappedEglFrame, || {
        let context = context::current()?.handle;
        let Some(resource) = RESOURCES.get(resource) else {
            let frame = egl_stream::acquired(resource, context)?;
            if index != 0 || mip_level != 0 {
                return Err(INVALID_VALUE);
            }
            return put(out, frame);
        };
        // As seen on a desktop driver; unregistering asks for no particular context there.
        if resource.context != context {
            return Err(INVALID_CONTEXT);
        }
        if index != 0 || mip_level != 0 {
            return Err(INVALID_VALUE);
        }
        let buffer = &resource.image.buffer;
        let format = format::find(resource.image.color_format).ok_or(INVALID_VALUE)?;
        let Some(egl_color_format) = format.egl_color_format else {
            crate::log::unsupported(format_args!(
                "a CUDA frame of format {}",
                resource.image.color_format
            ));
            return Err(NOT_SUPPORTED);
        };
        let is_array = buffer.layout == NVBUF_LAYOUT_BLOCK_LINEAR;
        let mut planes = resource.arrays;
        if !is_array {
            for (plane, address) in planes.iter_mut().enumerate().take(buffer.num_planes()) {
                *address = buffer.device_address(plane);
            }
        }
        put(
            out,
            EglFrame {
                planes,
                width: buffer.width,
                height: buffer.height,
                depth: 0,
                pitch: if is_array { 0 } else { buffer.planes.pitch[0] },
                plane_count: buffer.planes.num_planes,
                num_channels: format.channels,
                frame_type: if is_array {
                    FRAME_TYPE_ARRAY
                } else {
                    FRAME_TYPE_PITCH
                },
                egl_color_format,
                cu_format: format.cu_format,
            },
        )
    })
}

/// `cuGraphicsUnregisterResource`
pub(crate) extern "C" fn unregister_resource(handle: usize) -> CuResult {
    call(Function::cuGraphicsUnregisterResource, || {
        context::end(|_| {
            let resource = RESOURCES.remove(handle).ok_or(INVALID_HANDLE)?;
            if resource.image.buffer.region.is_busy() {
                crate::log::violation(
                    Rule::UnregisterWhileBusy,
                    format_args!(
                        "cuGraphicsUnregisterResource: GPU work on fd {} is not finished",
                        resource.image.buffer.fd()
                    ),
                );
            }
            resource.forget();
            Ok(())
        })
    })
}

impl Resource {
    fn forget(&self) {
        for array in self.arrays.iter().filter(|array| **array != 0) {
            array::remove_plane(*array);
        }
        self.image.registrations.fetch_sub(1, SeqCst);
        self.image.buffer.region.registrations.fetch_sub(1, SeqCst);
        sub(&COUNTERS.registrations_alive);
    }
}

/// Drops the registrations of a context that is destroyed; there should be none.
pub(crate) fn context_gone(context: usize) {
    RESOURCES.lock().retain(|_, resource| {
        if resource.context != context {
            return true;
        }
        crate::log::violation(
            Rule::ContextDestroyedWhileRegistered,
            format_args!(
                "a context is destroyed while fd {} is registered in it",
                resource.image.buffer.fd()
            ),
        );
        resource.forget();
        false
    });
}
