//! Several pictures on one.

use std::ffi::{c_int, c_void};
use std::sync::Arc;

use nvbufsurface_sys::Numbering;
use nvbufsurface_sys::nvbuf_utils::{r28, r32_1, r32_2, r32_3, r32_4, r32_5, r32_6, r34};

use super::buffer::NvBuffer;
use super::library::needed;
use super::session::Session;
use super::transform::check_filter;
use crate::error::{Error, ErrorKind, Result, check};
use crate::map::Access;
use crate::transform::{Filter, Rect, Way};

/// Layers of one composition at most.
#[doc(alias = "MAX_COMPOSITE_FRAME")]
pub const MAX_LAYERS: usize = r28::MAX_COMPOSITE_FRAME as usize;

macro_rules! same {
    ($first:ident: $($module:ident)*) => {
        $(const _: () = assert!(
            size_of::<$first::NvBufferCompositeParams>()
                == size_of::<$module::NvBufferCompositeParams>()
        );)*
    };
}
same!(r32_1: r32_2 r32_3 r32_4 r32_5);
same!(r32_6: r34);

/// One picture of a composition: all of it on all of the target, opaque, if nothing else is said.
#[derive(Clone, Copy, Debug)]
pub struct Layer<'a> {
    buffer: &'a NvBuffer<'a>,
    from: Option<Rect>,
    to: Option<Rect>,
    alpha: f32,
    filter: Option<Filter>,
}

impl<'a> Layer<'a> {
    /// A picture.
    pub fn new(buffer: &'a NvBuffer<'a>) -> Self {
        Self {
            buffer,
            from: None,
            to: None,
            alpha: 1.,
            filter: None,
        }
    }

    /// The part of the picture.
    #[must_use]
    pub fn crop(mut self, from: Rect) -> Self {
        self.from = Some(from);
        self
    }

    /// Where it goes.
    #[must_use]
    pub fn place(mut self, to: Rect) -> Self {
        self.to = Some(to);
        self
    }

    /// How much of it is seen, 0 to 1.
    #[must_use]
    pub fn alpha(mut self, alpha: f32) -> Self {
        self.alpha = alpha;
        self
    }

    /// Interpolation; since R32.6. The library's default if not said.
    #[must_use]
    pub fn filter(mut self, filter: Filter) -> Self {
        self.filter = Some(filter);
        self
    }
}

/// What a composition has beside its layers.
#[derive(Clone, Debug, Default)]
#[must_use = "it is done by run()"]
pub struct Composite {
    background: [f32; 3],
    session: Option<Arc<Session>>,
}

impl Composite {
    /// On black.
    pub fn new() -> Self {
        Self::default()
    }

    /// The colour where no layer is: red, green, blue, 0 to 1.
    pub fn background(mut self, colour: [f32; 3]) -> Self {
        self.background = colour;
        self
    }

    /// The session; the library's own if not said.
    pub fn session(mut self, session: &Arc<Session>) -> Self {
        self.session = Some(Arc::clone(session));
        self
    }
}

const CALL: &str = "NvBufferComposite";

/// What the struct of every release has, checked.
struct Checked {
    flags: u32,
    count: u32,
    fds: [c_int; MAX_LAYERS],
    alphas: [f32; MAX_LAYERS],
    from: [Rect; MAX_LAYERS],
    to: [Rect; MAX_LAYERS],
    filters: [u32; MAX_LAYERS],
    background: [f32; 3],
}

impl Composite {
    /// Places up to [`MAX_LAYERS`] pictures on another, the first at the bottom, and waits until it is
    /// done.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`] for no layer or too many, alpha or colour beyond 0 to 1, rectangles that
    /// are odd (all of an odd picture is), empty or not inside, scales beyond 1/16 to 16, a layer that is
    /// the target, a buffer of another process; [`ErrorKind::Busy`] while the target is mapped, or a layer
    /// for writing, or another transform uses them so; [`ErrorKind::Load`] where the release has no
    /// composition (R28.1) or no filters of layers (before R32.6); [`ErrorKind::Call`] when the library
    /// refuses.
    #[doc(alias = "NvBufferComposite")]
    pub fn run(&self, layers: &[Layer<'_>], target: &NvBuffer<'_>) -> Result<()> {
        let library = target.library();
        let function = needed(library, library.functions().composite, CALL)?;
        let mut checked = self.check_layers(layers, target)?;
        let mut work = [const { None }; MAX_LAYERS];
        for (work, layer) in work.iter_mut().zip(layers) {
            *work = Some(layer.buffer.begin_work(CALL, Access::Read, &[])?);
        }
        let _target = target.begin_work(CALL, Access::Write, &[])?;
        let (session, _lock) = Session::enter(self.session.as_ref());
        let fds = checked.fds.as_mut_ptr();
        let call = |params: *mut c_void| {
            // SAFETY: all buffers live (type invariant), nobody has slices of them or maps them in a way
            // that the work excludes; as many fds as the struct says, and the struct is the release's.
            unsafe { function(fds, target.fd(), params) }
        };
        macro_rules! params {
            ($module:ident $(, $field:ident: $value:expr)*) => {{
                let rect = |r: Rect| $module::NvBufferRect {
                    top: r.top,
                    left: r.left,
                    width: r.width,
                    height: r.height,
                };
                let [r, g, b] = checked.background;
                let mut params = $module::NvBufferCompositeParams {
                    composite_flag: checked.flags,
                    input_buf_count: checked.count,
                    dst_comp_rect_alpha: checked.alphas,
                    src_comp_rect: checked.from.map(rect),
                    dst_comp_rect: checked.to.map(rect),
                    composite_bgcolor: $module::NvBufferCompositeBackground { r, g, b },
                    $($field: $value,)*
                };
                call((&raw mut params).cast())
            }};
        }
        let ret = match library.numbering() {
            Numbering::R27_1 | Numbering::R28 => params!(r28),
            Numbering::R32_6 | Numbering::R34 => params!(
                r32_6, composite_filter: checked.filters, session: session.cast()
            ),
            _ => params!(r32_1, session: session.cast()),
        };
        check(CALL, ret, || {
            format!("{layers:?} on {target:?}: the VIC does not do this (formats, sizes)")
        })
    }

    fn check_layers(&self, layers: &[Layer<'_>], target: &NvBuffer<'_>) -> Result<Checked> {
        let invalid = |detail| Error::new(ErrorKind::Invalid, CALL, detail);
        if !(1..=MAX_LAYERS).contains(&layers.len()) {
            let detail = format!("{} layers; 1 to {MAX_LAYERS} are possible", layers.len());
            return Err(invalid(detail));
        }
        let is_part = |value: &f32| (0. ..=1.).contains(value);
        if !self.background.iter().all(is_part) {
            let detail = format!("background {:?}; 0 to 1 are possible", self.background);
            return Err(invalid(detail));
        }
        target.require_own(CALL)?;
        target.require_picture(CALL)?;
        let mut checked = Checked {
            flags: r28::NVBUFFER_COMPOSITE,
            count: layers.len() as u32,
            fds: [-1; MAX_LAYERS],
            alphas: [0.; MAX_LAYERS],
            from: [Rect::default(); MAX_LAYERS],
            to: [Rect::default(); MAX_LAYERS],
            filters: [0; MAX_LAYERS],
            background: self.background,
        };
        for (i, layer) in layers.iter().enumerate() {
            let buffer = layer.buffer;
            buffer.require_own(CALL)?;
            buffer.require_picture(CALL)?;
            if buffer.fd() == target.fd() {
                return Err(invalid(format!("layer {i} is the target {target:?}")));
            }
            if !is_part(&layer.alpha) {
                return Err(invalid(format!(
                    "layer {i}: alpha {}; 0 to 1 are possible",
                    layer.alpha
                )));
            }
            checked.fds[i] = buffer.fd();
            checked.alphas[i] = layer.alpha;
            let whole = [buffer, target].map(|buffer| buffer.params().whole());
            let way = Way::sent(whole, [layer.from, layer.to]);
            way.check(CALL, false, true)?;
            (checked.from[i], checked.to[i]) = (way.source(), way.target());
            if layer.alpha < 1. {
                checked.flags |= r28::NVBUFFER_BLEND;
            }
            let Some(filter) = layer.filter else { continue };
            let numbering = target.numbering();
            if numbering < Numbering::R32_6 {
                let detail = format!("filters of layers came with R32.6; this is {numbering}");
                return Err(Error::new(ErrorKind::Load, CALL, detail));
            }
            check_filter(filter, CALL)?;
            checked.flags |= r32_6::NVBUFFER_COMPOSITE_FILTER;
            checked.filters[i] = filter.0;
        }
        Ok(checked)
    }
}
