//! Transforms and compositions of libnvbuf_utils, in the structs of the release.

use std::ffi::{c_int, c_void};

use nvbufsurface_sys::Numbering;
use nvbufsurface_sys::nvbuf_utils::{r28, r32_1, r32_6 as sys};

use super::{Buffer, needed};
use crate::case::Failure;
use crate::check;
use crate::engine::Area;
use crate::platform::Platform;

/// What a transform is asked for.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Ask {
    pub(crate) from: Option<Area>,
    pub(crate) to: Option<Area>,
    pub(crate) flip: Option<u32>,
    pub(crate) filter: Option<u32>,
}

fn rect([left, top, width, height]: Area) -> sys::NvBufferRect {
    sys::NvBufferRect {
        top,
        left,
        width,
        height,
    }
}

impl Ask {
    /// R28 reads the first part of the struct, which is its own.
    fn params(&self) -> sys::NvBufferTransformParams {
        const _: () = assert!(
            size_of::<r28::NvBufferTransformParams>() == 44
                && std::mem::offset_of!(sys::NvBufferTransformParams, session) >= 44
        );
        let mut params = sys::NvBufferTransformParams::default();
        if let Some(area) = self.from {
            params.transform_flag |= sys::NVBUFFER_TRANSFORM_CROP_SRC;
            params.src_rect = rect(area);
        }
        if let Some(area) = self.to {
            params.transform_flag |= sys::NVBUFFER_TRANSFORM_CROP_DST;
            params.dst_rect = rect(area);
        }
        if let Some(flip) = self.flip {
            params.transform_flag |= sys::NVBUFFER_TRANSFORM_FLIP;
            params.transform_flip = flip;
        }
        if let Some(filter) = self.filter {
            params.transform_flag |= sys::NVBUFFER_TRANSFORM_FILTER;
            params.transform_filter = filter;
        }
        params
    }
}

fn call(
    from: &Buffer,
    to: &Buffer,
    params: &mut sys::NvBufferTransformParams,
) -> Result<c_int, Failure> {
    let transform = needed(from.library.functions().transform, "NvBufferTransform")?;
    // SAFETY: parameters of the release, or longer, valid for the call.
    Ok(unsafe { transform(from.fd(), to.fd(), std::ptr::from_mut(params).cast()) })
}

/// `NvBufferTransform`
pub(crate) fn transform(from: &Buffer, to: &Buffer, ask: &Ask) -> Result<(), Failure> {
    check::zero("NvBufferTransform", call(from, to, &mut ask.params())?)
}

/// `NvBufferTransform` in a session of its own.
pub(crate) fn with_session(from: &Buffer, to: &Buffer, ask: &Ask) -> Result<(), Failure> {
    let functions = from.library.functions();
    let create = needed(functions.session_create, "NvBufferSessionCreate")?;
    let destroy = needed(functions.session_destroy, "NvBufferSessionDestroy")?;
    // SAFETY: it takes nothing.
    let session = unsafe { create() };
    check::that("NvBufferSessionCreate gives a session", !session.is_null())?;
    let mut params = ask.params();
    params.session = session.cast();
    let code = call(from, to, &mut params);
    // SAFETY: the session of just now, used no more.
    unsafe { destroy(session) };
    check::zero("NvBufferTransform in a session", code?)
}

/// `NvBufferTransformAsync` and `NvBufferSyncObjWait` without end.
pub(crate) fn transform_async(from: &Buffer, to: &Buffer, ask: &Ask) -> Result<(), Failure> {
    let functions = from.library.functions();
    let start = needed(functions.transform_async, "NvBufferTransformAsync")?;
    let wait = needed(functions.sync_obj_wait, "NvBufferSyncObjWait")?;
    let mut params = ask.params();
    let mut object = sys::NvBufferSyncObj {
        use_outsyncobj: 1,
        ..Default::default()
    };
    let params = (&raw mut params).cast::<c_void>();
    let object_place = (&raw mut object).cast::<c_void>();
    // SAFETY: both structs are those of every release that has the function.
    let code = unsafe { start(from.fd(), to.fd(), params, object_place) };
    check::zero("NvBufferTransformAsync", code)?;
    let mut point = object.outsyncobj;
    // SAFETY: the sync point that the call wrote.
    let code = unsafe { wait((&raw mut point).cast(), u32::MAX) };
    check::zero("NvBufferSyncObjWait", code)
}

/// `NvBufferComposite`: each buffer from the first to the second of its areas, with its alpha, on a
/// white background.
pub(crate) fn composite(
    platform: &Platform,
    from: &[&Buffer],
    to: &Buffer,
    areas: &[(Area, Area, f32)],
) -> Result<(), Failure> {
    let library = platform.legacy()?;
    let composite = needed(library.functions().composite, "NvBufferComposite")?;
    macro_rules! params {
        ($module:ident) => {{
            let mut params = $module::NvBufferCompositeParams::default();
            params.composite_flag = sys::NVBUFFER_COMPOSITE | sys::NVBUFFER_BLEND;
            params.input_buf_count = u32::try_from(areas.len()).unwrap_or(u32::MAX);
            (params.composite_bgcolor.r, params.composite_bgcolor.g) = (1., 1.);
            params.composite_bgcolor.b = 1.;
            for (i, (source, dest, alpha)) in areas.iter().enumerate() {
                params.dst_comp_rect_alpha[i] = *alpha;
                for (place, [left, top, width, height]) in [
                    (&mut params.src_comp_rect[i], *source),
                    (&mut params.dst_comp_rect[i], *dest),
                ] {
                    (place.left, place.top) = (left, top);
                    (place.width, place.height) = (width, height);
                }
            }
            std::ptr::from_mut(Box::leak(Box::new(params))).cast::<c_void>()
        }};
    }
    let params = match library.numbering() {
        Numbering::R27_1 | Numbering::R28 => params!(r28),
        Numbering::R32_6 | Numbering::R34 => params!(sys),
        _ => params!(r32_1),
    };
    let mut fds: Vec<c_int> = from.iter().map(|buffer| buffer.fd()).collect();
    // SAFETY: as many fds as the count says, and the release's struct.
    let code = unsafe { composite(fds.as_mut_ptr(), to.fd(), params) };
    check::zero("NvBufferComposite", code)
}
