//! libnvbufsurftransform: requests in the structs of the family.
#![expect(
    clippy::field_reassign_with_default,
    reason = "only one of the families has fields beyond those that are set"
)]

use std::ffi::{c_int, c_void};

use nvbufsurface_sys::classic::{
    NVBUFSURF_TRANSFORM_BLEND, NVBUFSURF_TRANSFORM_COMPOSITE, NVBUFSURF_TRANSFORM_CROP_DST,
    NVBUFSURF_TRANSFORM_CROP_SRC, NVBUFSURF_TRANSFORM_FILTER, NVBUFSURF_TRANSFORM_FLIP,
    NvBufSurfTransformSyncObj_t,
};
use nvbufsurface_sys::extended::NvBufSurfTransformConfigParams;
use nvbufsurface_sys::{TransformLibrary, composite24};

use crate::case::Failure;
use crate::check;
use crate::family::in_family;
use crate::platform::Platform;
use crate::surface::Descriptor;

/// Left, top, width, height.
pub(crate) type Area = [u32; 4];

/// What a transform is asked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ask {
    flags: u32,
    flip: u32,
    filter: u32,
    from: Vec<Area>,
    to: Vec<Area>,
}

impl Ask {
    /// Cut a part out of each source.
    pub(crate) fn from(mut self, areas: &[Area]) -> Self {
        self.flags |= NVBUFSURF_TRANSFORM_CROP_SRC;
        self.from = areas.to_vec();
        self
    }

    /// Fill a part of each destination.
    pub(crate) fn to(mut self, areas: &[Area]) -> Self {
        self.flags |= NVBUFSURF_TRANSFORM_CROP_DST;
        self.to = areas.to_vec();
        self
    }

    pub(crate) fn flip(mut self, flip: u32) -> Self {
        self.flags |= NVBUFSURF_TRANSFORM_FLIP;
        self.flip = flip;
        self
    }

    pub(crate) fn filter(mut self, filter: u32) -> Self {
        self.flags |= NVBUFSURF_TRANSFORM_FILTER;
        self.filter = filter;
        self
    }
}

/// Memory that lives as long as the process, which runs one case.
fn keep<T>(value: T) -> *mut T {
    Box::leak(Box::new(value))
}

/// A sync object of an asynchronous call.
#[derive(Debug)]
pub(crate) struct Pending {
    object: NvBufSurfTransformSyncObj_t,
}

/// The library.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Engine {
    library: &'static TransformLibrary,
}

impl Engine {
    pub(crate) fn new(platform: &Platform) -> Result<Self, Failure> {
        platform.transform().map(|library| Self { library })
    }

    /// Rectangles in the struct of the family, or null.
    fn rects(self, areas: &[Area]) -> *mut c_void {
        if areas.is_empty() {
            return std::ptr::null_mut();
        }
        in_family!(self.library.family(), sys => {
            let list: Vec<_> = areas
                .iter()
                .map(|[left, top, width, height]| {
                    let mut rect = sys::NvBufSurfTransformRect::default();
                    (rect.left, rect.top) = (*left, *top);
                    (rect.width, rect.height) = (*width, *height);
                    rect
                })
                .collect();
            list.leak().as_mut_ptr().cast()
        })
    }

    fn params(self, ask: &Ask) -> *mut c_void {
        in_family!(self.library.family(), sys => {
            let mut params = sys::NvBufSurfTransformParams::default();
            params.transform_flag = ask.flags;
            params.transform_flip = ask.flip;
            params.transform_filter = ask.filter;
            params.src_rect = self.rects(&ask.from).cast();
            params.dst_rect = self.rects(&ask.to).cast();
            keep(params).cast()
        })
    }

    /// `NvBufSurfTransform`; the code is the caller's to look at.
    pub(crate) fn code(self, from: &Descriptor, to: &Descriptor, ask: &Ask) -> c_int {
        let transform = self.library.functions().transform;
        // SAFETY: live surfaces, and parameters of the family with a rectangle for each buffer.
        unsafe { transform(from.as_ptr(), to.as_ptr(), self.params(ask)) }
    }

    /// `NvBufSurfTransform`, which has to work.
    pub(crate) fn run(self, from: &Descriptor, to: &Descriptor, ask: &Ask) -> Result<(), Failure> {
        check::zero("NvBufSurfTransform", self.code(from, to, ask))
    }

    /// `NvBufSurfTransformAsync`
    pub(crate) fn start(
        self,
        from: &Descriptor,
        to: &Descriptor,
        ask: &Ask,
    ) -> Result<Pending, Failure> {
        let start = self.library.functions().transform_async;
        let start = start.ok_or_else(|| Failure::new("asynchronous transforms", "none"))?;
        let mut object = std::ptr::null_mut();
        // SAFETY: as in `code`; parameters live for good, the pointer for the call.
        let code = unsafe {
            start(
                from.as_ptr(),
                to.as_ptr(),
                self.params(ask),
                &raw mut object,
            )
        };
        check::zero("NvBufSurfTransformAsync", code)?;
        Ok(Pending { object })
    }

    /// `NvBufSurfTransformAsync` with nobody to wait: it returns when it is done.
    pub(crate) fn start_and_wait(
        self,
        from: &Descriptor,
        to: &Descriptor,
        ask: &Ask,
    ) -> Result<(), Failure> {
        let start = self.library.functions().transform_async;
        let start = start.ok_or_else(|| Failure::new("asynchronous transforms", "none"))?;
        let nobody = std::ptr::null_mut();
        // SAFETY: as in `start`.
        let code = unsafe { start(from.as_ptr(), to.as_ptr(), self.params(ask), nobody) };
        check::zero("NvBufSurfTransformAsync", code)
    }

    /// `NvBufSurfTransformSyncObjWait` without end, and `NvBufSurfTransformSyncObjDestroy`.
    pub(crate) fn finish(self, mut pending: Pending) -> Result<(), Failure> {
        check::that("the sync object is not null", !pending.object.is_null())?;
        let functions = self.library.functions();
        let (Some(wait), Some(destroy)) = (functions.sync_obj_wait, functions.sync_obj_destroy)
        else {
            return Err(Failure::new("functions of sync objects", "none"));
        };
        // SAFETY: a sync object of the library, alive.
        let waited = unsafe { wait(pending.object, u32::MAX) };
        // SAFETY: as above; not used afterwards.
        let destroyed = unsafe { destroy(&raw mut pending.object) };
        check::zero("NvBufSurfTransformSyncObjWait", waited)?;
        check::zero("NvBufSurfTransformSyncObjDestroy", destroyed)
    }

    /// `NvBufSurfTransformSetSessionParams`
    pub(crate) fn set_engine(self, compute_mode: u32) -> Result<(), Failure> {
        let mut params = NvBufSurfTransformConfigParams {
            compute_mode,
            ..Default::default()
        };
        let set = self.library.functions().set_session_params;
        // SAFETY: at least as long as the family's struct, which is its beginning.
        check::zero("NvBufSurfTransformSetSessionParams", unsafe {
            set(&raw mut params)
        })
    }

    /// `NvBufSurfTransformGetSessionParams`
    pub(crate) fn engine(self) -> Result<u32, Failure> {
        let mut params = NvBufSurfTransformConfigParams::default();
        let get = self.library.functions().get_session_params;
        // SAFETY: as in `set_engine`.
        let code = unsafe { get(&raw mut params) };
        check::zero("NvBufSurfTransformGetSessionParams", code)?;
        Ok(params.compute_mode)
    }

    /// `NvBufSurfTransformSetDefaultSession`
    pub(crate) fn reset(self) -> Result<(), Failure> {
        let reset = self.library.functions().set_default_session;
        let reset = reset.ok_or_else(|| Failure::new("a default session", "no function"))?;
        // SAFETY: it takes nothing.
        check::zero("NvBufSurfTransformSetDefaultSession", unsafe { reset() })
    }

    /// `NvBufSurfTransformComposite`: buffer i of the batch from area i to area i.
    pub(crate) fn composite(
        self,
        from: &Descriptor,
        to: &Descriptor,
        count: u32,
        (sources, dests): (&[Area], &[Area]),
    ) -> c_int {
        let (sources, dests) = (self.rects(sources), self.rects(dests));
        macro_rules! params {
            ($module:ident) => {{
                let mut params = $module::NvBufSurfTransformCompositeParams::default();
                params.composite_flag = NVBUFSURF_TRANSFORM_COMPOSITE;
                params.input_buf_count = count;
                params.src_comp_rect = sources.cast();
                params.dst_comp_rect = dests.cast();
                keep(params).cast()
            }};
        }
        let is_short = size_of::<composite24::NvBufSurfTransformCompositeParams>();
        let params = if self.library.composite_params_size() == is_short {
            params!(composite24)
        } else {
            in_family!(self.library.family(), sys => params!(sys))
        };
        let composite = self.library.functions().composite;
        // SAFETY: live surfaces, and the library's struct with an area for each buffer.
        unsafe { composite(from.as_ptr(), to.as_ptr(), params) }
    }

    /// `NvBufSurfTransformCompositeBlend`: the first over the second, or over a colour, by the
    /// third.
    pub(crate) fn blend(
        self,
        [above, alpha, to]: [&Descriptor; 3],
        below: Option<&Descriptor>,
        colour: Option<[f64; 4]>,
    ) -> Result<(), Failure> {
        let blend = self.library.functions().composite_blend;
        let blend = blend.ok_or_else(|| Failure::new("blends", "no function"))?;
        let params = in_family!(self.library.family(), sys => {
            let mut params = sys::NvBufSurfTransformCompositeBlendParams::default();
            params.input_buf_count = 1;
            params.perform_blending = keep(1);
            if let Some([red, green, blue, alpha]) = colour {
                let mut colour = sys::NvBufSurfTransform_ColorParams::default();
                (colour.red, colour.green) = (red, green);
                (colour.blue, colour.alpha) = (blue, alpha);
                params.color_bg = keep(colour);
            }
            keep(params).cast()
        });
        let below = below.map_or(std::ptr::null_mut(), Descriptor::as_ptr);
        // SAFETY: live surfaces (or none for a colour), and parameters of the family.
        let code = unsafe { blend(above.as_ptr(), below, alpha.as_ptr(), to.as_ptr(), params) };
        check::zero("NvBufSurfTransformCompositeBlend", code)
    }

    /// `NvBufSurfTransformMultiInputBufCompositeBlend`, or the older function without a blend.
    pub(crate) fn compose_several(
        self,
        from: &[&Descriptor],
        to: &Descriptor,
        (sources, dests): (&[Area], &[Area]),
        alphas: Option<&[f32]>,
    ) -> Result<(), Failure> {
        let count = u32::try_from(from.len()).unwrap_or(u32::MAX);
        let (sources, dests) = (self.rects(sources), self.rects(dests));
        let mut list: Vec<_> = from.iter().map(|surface| surface.as_ptr()).collect();
        let functions = self.library.functions();
        if let Some(blend) = functions.multi_input_buf_composite_blend {
            let params = in_family!(self.library.family(), sys => {
                let mut params = sys::NvBufSurfTransformCompositeBlendParamsEx::default();
                params.params.composite_blend_flag = NVBUFSURF_TRANSFORM_COMPOSITE;
                params.params.input_buf_count = count;
                if let Some(alphas) = alphas {
                    params.params.composite_blend_flag |= NVBUFSURF_TRANSFORM_BLEND;
                    params.alpha = alphas.to_vec().leak().as_mut_ptr();
                }
                params.src_comp_rect = sources.cast();
                params.dst_comp_rect = dests.cast();
                keep(params).cast()
            });
            // SAFETY: as many live surfaces as the count says, and parameters of the family.
            let code = unsafe { blend(list.as_mut_ptr(), to.as_ptr(), params) };
            return check::zero("NvBufSurfTransformMultiInputBufCompositeBlend", code);
        }
        let compose = functions.multi_input_buf_composite;
        let compose = compose.ok_or_else(|| Failure::new("compositions of several", "none"))?;
        let params = in_family!(self.library.family(), sys => {
            let mut params = sys::NvBufSurfTransformCompositeParams::default();
            params.composite_flag = NVBUFSURF_TRANSFORM_COMPOSITE;
            params.input_buf_count = count;
            params.src_comp_rect = sources.cast();
            params.dst_comp_rect = dests.cast();
            keep(params).cast()
        });
        // SAFETY: as above.
        let code = unsafe { compose(list.as_mut_ptr(), to.as_ptr(), params) };
        check::zero("NvBufSurfTransformMultiInputBufComposite", code)
    }

    /// `NvBufSurfTransformCompositeAsync`
    pub(crate) fn start_composite(
        self,
        from: &Descriptor,
        to: &Descriptor,
        (sources, dests): (&[Area], &[Area]),
    ) -> Result<Pending, Failure> {
        let start = self.library.functions().composite_async;
        let start = start.ok_or_else(|| Failure::new("asynchronous compositions", "none"))?;
        let params = in_family!(self.library.family(), sys => {
            let mut params = sys::NvBufSurfTransformCompositeParams::default();
            params.composite_flag = NVBUFSURF_TRANSFORM_COMPOSITE;
            params.input_buf_count = u32::try_from(sources.len()).unwrap_or(u32::MAX);
            params.src_comp_rect = self.rects(sources).cast();
            params.dst_comp_rect = self.rects(dests).cast();
            keep(params).cast()
        });
        let mut object = std::ptr::null_mut();
        // SAFETY: as in `start`.
        let code = unsafe { start(from.as_ptr(), to.as_ptr(), params, &raw mut object) };
        check::zero("NvBufSurfTransformCompositeAsync", code)?;
        Ok(Pending { object })
    }
}
