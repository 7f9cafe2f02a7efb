//! The calls of a composition: three functions, four structs.

use std::ffi::c_void;

use nvbufsurface_sys::prefix::NvBufSurface;
use nvbufsurface_sys::{TransformLibrary, classic as c, composite24};

use super::arena::Arena;
use super::claim::Buffers;
use super::composite::Composite;
use super::rect::Rect;
use super::{in_family, require};
use crate::error::Result;

/// A function of the library, with its asynchronous form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// One surface with a batch.
    Batch,
    /// A surface for each source.
    Several,
    /// The same with alphas and a background.
    Blend,
}

/// The arguments of one call; they point into an arena.
#[derive(Clone, Copy)]
pub(super) struct Arguments {
    form: Form,
    /// For `Form::Batch`.
    batch: *mut NvBufSurface,
    /// For the others.
    list: *mut *mut NvBufSurface,
    target: *mut NvBufSurface,
    params: *mut c_void,
}

impl Form {
    /// The function, or the one that does not wait.
    pub(super) fn name(self, is_async: bool) -> &'static str {
        match (self, is_async) {
            (Self::Batch, false) => "NvBufSurfTransformComposite",
            (Self::Batch, true) => "NvBufSurfTransformCompositeAsync",
            (Self::Several, false) => "NvBufSurfTransformMultiInputBufComposite",
            (Self::Several, true) => "NvBufSurfTransformMultiInputBufCompositeAsync",
            (Self::Blend, false) => "NvBufSurfTransformMultiInputBufCompositeBlend",
            (Self::Blend, true) => "NvBufSurfTransformMultiInputBufCompositeBlendAsync",
        }
    }
}

impl Composite {
    /// The arguments of the call, in the arena.
    pub(super) fn arguments(
        &self,
        library: &TransformLibrary,
        form: Form,
        arena: &mut Arena,
        sources: &impl Buffers,
        target: &impl Buffers,
    ) -> Arguments {
        let count = sources.count();
        let (mut batch, mut list) = (std::ptr::null_mut(), std::ptr::null_mut());
        if form == Form::Batch {
            batch = arena.surface(library, sources, 0, count);
        } else {
            list = arena.list(count, |_| std::ptr::null_mut::<NvBufSurface>());
            for i in 0..count {
                let surface = arena.surface(library, sources, i, 1);
                // SAFETY: an entry of the list of just now.
                unsafe { list.wrapping_add(i as usize).write(surface) };
            }
        }
        let layer = |i: u32| &self.layers[i as usize];
        let source_rects = arena.rects(library, count, |i| {
            layer(i).source.unwrap_or_else(|| whole_of(sources, i))
        });
        let target_rects = arena.rects(library, count, |i| {
            layer(i).target.unwrap_or_else(|| whole_of(target, 0))
        });
        let target = arena.surface(library, target, 0, 1);
        let params = match form {
            Form::Blend => self.blend_params(library, arena, [source_rects, target_rects]),
            _ => self.params(library, arena, [source_rects, target_rects]),
        };
        Arguments {
            form,
            batch,
            list,
            target,
            params,
        }
    }

    /// `NvBufSurfTransformCompositeParams` in one of its three forms.
    fn params(
        &self,
        library: &TransformLibrary,
        arena: &mut Arena,
        [source_rects, target_rects]: [*mut u8; 2],
    ) -> *mut c_void {
        let flag = c::NVBUFSURF_TRANSFORM_COMPOSITE;
        let count = self.layers.len() as u32;
        if is_short(library) {
            let params = composite24::NvBufSurfTransformCompositeParams {
                composite_flag: flag,
                input_buf_count: count,
                src_comp_rect: source_rects.cast(),
                dst_comp_rect: target_rects.cast(),
            };
            return arena.put(params).cast();
        }
        let filter_flag = c::NVBUFSURF_TRANSFORM_COMPOSITE_FILTER;
        let (filter, filter_flag) = self.settings.filter(filter_flag);
        in_family!(library, family => {
            #[allow(clippy::needless_update, reason = "one of the families has reserved words")]
            let params = family::NvBufSurfTransformCompositeParams {
                composite_flag: flag | filter_flag,
                input_buf_count: count,
                src_comp_rect: source_rects.cast(),
                dst_comp_rect: target_rects.cast(),
                composite_filter: filter,
                ..Default::default()
            };
            arena.put(params).cast()
        })
    }

    /// `NvBufSurfTransformCompositeBlendParamsEx`
    fn blend_params(
        &self,
        library: &TransformLibrary,
        arena: &mut Arena,
        [source_rects, target_rects]: [*mut u8; 2],
    ) -> *mut c_void {
        let count = self.layers.len() as u32;
        let layer = |i: u32| &self.layers[i as usize];
        let filter_flag = c::NVBUFSURF_TRANSFORM_COMPOSITE_FILTER;
        let (filter, filter_flag) = self.settings.filter(filter_flag);
        let mut flags = c::NVBUFSURF_TRANSFORM_COMPOSITE | filter_flag;
        if self.layers.iter().any(|layer| layer.alpha.is_some()) {
            flags |= c::NVBUFSURF_TRANSFORM_BLEND;
        }
        let filters = arena.list(count, |_| filter);
        let alphas = arena.list(count, |i| layer(i).alpha.unwrap_or(1.));
        let blended = arena.list(count, |i| u32::from(layer(i).alpha.is_some()));
        let color = arena.color(library, self.background);
        in_family!(library, family => {
            #[allow(clippy::needless_update, reason = "one of the families has reserved words")]
            let params = family::NvBufSurfTransformCompositeBlendParamsEx {
                params: family::NvBufSurfTransformCompositeBlendParams {
                    composite_blend_flag: flags,
                    input_buf_count: count,
                    composite_blend_filter: filter,
                    color_bg: color.cast(),
                    perform_blending: blended,
                    ..Default::default()
                },
                src_comp_rect: source_rects.cast(),
                dst_comp_rect: target_rects.cast(),
                composite_blend_filter: filters,
                alpha: alphas,
                ..Default::default()
            };
            arena.put(params).cast()
        })
    }
}

/// All of a buffer that was checked.
fn whole_of(buffers: &impl Buffers, i: u32) -> Rect {
    let (surface, index) = buffers.at(i);
    let params = surface.params(index);
    params.map_or(Rect::new(0, 0, 0, 0), Rect::whole)
}

/// Whether the release's composite parameters have no filter.
pub(super) fn is_short(library: &TransformLibrary) -> bool {
    let short = size_of::<composite24::NvBufSurfTransformCompositeParams>();
    library.composite_params_size() == short
}

/// The call; with a place for its sync object it does not wait.
pub(super) fn compose(
    library: &TransformLibrary,
    arguments: Arguments,
    raw: Option<&mut c::NvBufSurfTransformSyncObj_t>,
) -> Result<i32> {
    let f = library.functions();
    let Arguments {
        form,
        batch,
        list,
        target,
        params,
    } = arguments;
    let name = form.name(raw.is_some());
    Ok(match (form, raw) {
        // SAFETY: descriptors of live surfaces and parameters with a rectangle for each source, all in
        // the library's layout and in an arena that outlives the call.
        (Form::Batch, None) => unsafe { (f.composite)(batch, target, params) },
        (Form::Batch, Some(raw)) => {
            let start = require(library, name, f.composite_async)?;
            // SAFETY: as above; the arena, and the claims on all buffers, live until the engine is done.
            unsafe { start(batch, target, params, raw) }
        }
        (_, None) => {
            let run = match form {
                Form::Several => f.multi_input_buf_composite,
                _ => f.multi_input_buf_composite_blend,
            };
            let run = require(library, name, run)?;
            // SAFETY: as for a batch; the list has a surface for each source.
            unsafe { run(list, target, params) }
        }
        (_, Some(raw)) => {
            let start = match form {
                Form::Several => f.multi_input_buf_composite_async,
                _ => f.multi_input_buf_composite_blend_async,
            };
            let start = require(library, name, start)?;
            // SAFETY: as for a batch that does not wait; the list has a surface for each source.
            unsafe { start(list, target, params, raw) }
        }
    })
}
