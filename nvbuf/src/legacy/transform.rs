//! Crop, scale, flip and convert.

use std::ffi::c_void;
use std::mem::offset_of;
use std::sync::{Arc, MutexGuard};

use nvbufsurface_sys::nvbuf_utils::{r28, r32_1, r32_2, r32_3, r32_4, r32_5, r32_6, r34};

use super::buffer::NvBuffer;
use super::library::needed;
use super::pending::Pending;
use super::session::Session;
use super::sync_point::{SyncPoint, wait_of};
use super::work::Work;
use crate::error::{Error, ErrorKind, Result, check};
use crate::map::Access;
use crate::transform::{Filter, Flip, Rect, Way};

/// The struct of R32.1 and later. R28 reads the beginning of it, which is its own.
pub(super) type Params = r32_1::NvBufferTransformParams;

macro_rules! same {
    ($($module:ident)*) => {
        $(const _: () = assert!(
            size_of::<Params>() == size_of::<$module::NvBufferTransformParams>()
                && offset_of!(Params, session)
                    == offset_of!($module::NvBufferTransformParams, session)
        );)*
    };
}
same!(r32_2 r32_3 r32_4 r32_5 r32_6 r34);
const _: () = {
    use r28::NvBufferTransformParams as Old;
    assert!(size_of::<Old>() <= offset_of!(Params, session));
    assert!(offset_of!(Old, src_rect) == offset_of!(Params, src_rect));
    assert!(offset_of!(Old, dst_rect) == offset_of!(Params, dst_rect));
    // The numbers of libnvbufsurftransform, whose types this takes.
    assert!(r28::NvBufferTransform_Filter_Nearest == Filter::NEAREST.0);
    assert!(r28::NvBufferTransform_Filter_Bilinear == Filter::BILINEAR.0);
    assert!(r28::NvBufferTransform_Filter_5_Tap == Filter::ALGO1.0);
    assert!(r28::NvBufferTransform_Filter_10_Tap == Filter::ALGO2.0);
    assert!(r28::NvBufferTransform_Filter_Smart == Filter::ALGO3.0);
    assert!(r28::NvBufferTransform_Filter_Nicest == Filter::ALGO4.0);
    assert!(r28::NvBufferTransform_Rotate90 == Flip::Rotate90 as u32);
    assert!(r28::NvBufferTransform_Rotate180 == Flip::Rotate180 as u32);
    assert!(r28::NvBufferTransform_Rotate270 == Flip::Rotate270 as u32);
    assert!(r28::NvBufferTransform_FlipX == Flip::FlipX as u32);
    assert!(r28::NvBufferTransform_FlipY == Flip::FlipY as u32);
    assert!(r28::NvBufferTransform_Transpose == Flip::Transpose as u32);
    assert!(r28::NvBufferTransform_InvTranspose == Flip::InvTranspose as u32);
};

/// What a transform does; whole picture to whole picture if nothing else is said.
///
/// The format is that of the target: it converts. The library's engine is the VIC.
#[derive(Clone, Debug, Default)]
#[must_use = "it is done by run() or start()"]
pub struct Transform {
    from: Option<Rect>,
    to: Option<Rect>,
    flip: Flip,
    filter: Option<Filter>,
    session: Option<Arc<Session>>,
}

impl Transform {
    /// The whole picture to the whole picture.
    pub fn new() -> Self {
        Self::default()
    }

    /// The part of the source.
    pub fn crop(mut self, from: Rect) -> Self {
        self.from = Some(from);
        self
    }

    /// The part of the target; the rest of it stays.
    pub fn place(mut self, to: Rect) -> Self {
        self.to = Some(to);
        self
    }

    /// Rotation or reflection.
    pub fn flip(mut self, flip: Flip) -> Self {
        self.flip = flip;
        self
    }

    /// Interpolation; the library's default if not said.
    pub fn filter(mut self, filter: Filter) -> Self {
        self.filter = Some(filter);
        self
    }

    /// The session; the library's own if not said.
    pub fn session(mut self, session: &Arc<Session>) -> Self {
        self.session = Some(Arc::clone(session));
        self
    }

    /// Checks everything that can be seen, and fills the struct.
    fn params(&self, from: &NvBuffer<'_>, to: &NvBuffer<'_>, call: &'static str) -> Result<Params> {
        from.require_picture(call)?;
        to.require_picture(call)?;
        let invalid = |detail| Err(Error::new(ErrorKind::Invalid, call, detail));
        if from.fd() == to.fd() {
            return invalid(format!("{from:?} onto itself"));
        }
        let filter = self.filter.unwrap_or(Filter::NEAREST);
        check_filter(filter, call)?;
        let whole = [from, to].map(|buffer| buffer.params().whole());
        // All of a picture is not sent: it may be odd.
        let from = self.from.filter(|part| *part != whole[0]);
        let to = self.to.filter(|part| *part != whole[1]);
        let way = Way::new(whole, [from, to], self.flip);
        way.check(call, false, true)?;
        let mut flags = 0;
        for (is_said, flag) in [
            (from.is_some(), r28::NVBUFFER_TRANSFORM_CROP_SRC),
            (to.is_some(), r28::NVBUFFER_TRANSFORM_CROP_DST),
            (self.filter.is_some(), r28::NVBUFFER_TRANSFORM_FILTER),
            (self.flip != Flip::None, r28::NVBUFFER_TRANSFORM_FLIP),
        ] {
            flags |= if is_said { flag } else { 0 };
        }
        Ok(Params {
            transform_flag: flags,
            transform_flip: self.flip as u32,
            transform_filter: filter.0,
            src_rect: rect(way.source()),
            dst_rect: rect(way.target()),
            session: std::ptr::null_mut(),
        })
    }

    fn enter(&self, params: &mut Params) -> MutexGuard<'_, ()> {
        let (session, lock) = Session::enter(self.session.as_ref());
        params.session = session.cast();
        lock
    }
}

/// Keeps out of both buffers what a transform excludes.
fn begin<'a>(
    source: &'a NvBuffer<'_>,
    target: &'a NvBuffer<'_>,
    call: &'static str,
    after: &[SyncPoint],
) -> Result<[Work<'a>; 2]> {
    Ok([
        source.begin_work(call, Access::Read, after)?,
        target.begin_work(call, Access::Write, after)?,
    ])
}

fn rect(rect: Rect) -> r32_1::NvBufferRect {
    r32_1::NvBufferRect {
        top: rect.top,
        left: rect.left,
        width: rect.width,
        height: rect.height,
    }
}

/// Refuses what libnvbuf_utils does not have: it knows no number for its default.
pub(super) fn check_filter(filter: Filter, call: &'static str) -> Result<()> {
    if filter.0 <= Filter::ALGO4.0 {
        return Ok(());
    }
    let detail = format!("{filter:?} is none of the library's; for its default say none");
    Err(Error::new(ErrorKind::Invalid, call, detail))
}

/// The arguments of a call that failed, and what helps.
fn detail(from: &NvBuffer<'_>, to: &NvBuffer<'_>, transform: &Transform) -> String {
    format!(
        "{from:?} to {to:?}, {transform:?}: the VIC does not do this (formats, sizes), or is not to be \
         had (/dev/nvhost-vic)"
    )
}

impl Transform {
    /// Crops, scales, flips and converts one picture into another, and waits until it is done.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`] for rectangles that are odd, empty or not inside, scales beyond 1/16 to
    /// 16, a buffer onto itself, raw memory; [`ErrorKind::Busy`] while the target is mapped, or the
    /// source for writing, or another transform uses them so; [`ErrorKind::Load`] where the release has no
    /// transforms (R28.1); [`ErrorKind::Call`] when the library refuses.
    #[doc(alias = "NvBufferTransform")]
    #[doc(alias = "NvBufferTransformEx")]
    pub fn run(&self, source: &NvBuffer<'_>, target: &NvBuffer<'_>) -> Result<()> {
        let library = source.library();
        let f = library.functions();
        let is_described = source.description().or(target.description()).is_some();
        if !is_described {
            let call = "NvBufferTransform";
            let function = needed(library, f.transform, call)?;
            let mut params = self.params(source, target, call)?;
            let _work = begin(source, target, call, &[])?;
            let _lock = self.enter(&mut params);
            let params = (&raw mut params).cast::<c_void>();
            // SAFETY: both buffers live (type invariant), nobody has slices of them or maps them in a way
            // that `_work` excludes, and the struct is the release's, or longer.
            let ret = unsafe { function(source.fd(), target.fd(), params) };
            return check(call, ret, || detail(source, target, self));
        }
        let call = "NvBufferTransformEx";
        let function = needed(library, f.transform_ex, call)?;
        let mut params = self.params(source, target, call)?;
        let (mut from, mut to) = (source.description_block()?, target.description_block()?);
        let from = from.as_mut_ptr().cast::<c_void>();
        let to = to.as_mut_ptr().cast::<c_void>();
        let _work = begin(source, target, call, &[])?;
        let _lock = self.enter(&mut params);
        let params = (&raw mut params).cast::<c_void>();
        // SAFETY: as above; the descriptions are the library's own or vouched for, and checked.
        let ret = unsafe { function(source.fd(), from, target.fd(), to, params) };
        check(call, ret, || detail(source, target, self))
    }

    /// Starts it and returns before it is done. What it gives keeps both buffers and waits; since R32.4.
    ///
    /// Buffers of somebody else's come from [`NvBuffer::view`]: a borrow could end before the engine does.
    ///
    /// ```compile_fail,E0597
    /// # use std::{os::fd::AsFd, sync::Arc};
    /// # use nvbuf::legacy::{NvBuffer, Transform};
    /// let owner = NvBuffer::builder(64, 48).build()?;
    /// let target = Arc::new(NvBuffer::from_fd(owner.as_fd())?);
    /// let source = Arc::new(NvBuffer::builder(64, 48).build()?);
    /// Transform::new().start(source, target)?;
    /// # Ok::<(), nvbuf::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Transform::run`]; [`ErrorKind::Invalid`] also for buffers of another process, which the
    /// function does not take.
    #[doc(alias = "NvBufferTransformAsync")]
    pub fn start(
        &self,
        source: Arc<NvBuffer<'static>>,
        target: Arc<NvBuffer<'static>>,
    ) -> Result<Pending> {
        self.start_after(source, target, &[])
    }

    /// [`Transform::start`] that begins once sync points are reached: those of other transforms, or of
    /// fences. One that is never reached is waited for without end, also when the result is dropped.
    ///
    /// What transforms with these points use is not busy to it, nor what comes before such a transform.
    ///
    /// # Errors
    ///
    /// As [`Transform::start`]; [`ErrorKind::Invalid`] for more than [`SyncPoint::MAX`].
    #[doc(alias = "insyncobj")]
    pub fn start_after(
        &self,
        source: Arc<NvBuffer<'static>>,
        target: Arc<NvBuffer<'static>>,
        points: &[SyncPoint],
    ) -> Result<Pending> {
        let call = "NvBufferTransformAsync";
        let library = source.library();
        let f = library.functions();
        let start = needed(library, f.transform_async, call)?;
        let wait = wait_of(library)?;
        if source.description().or(target.description()).is_some() {
            let detail = "a buffer of another process: Transform::run takes those";
            return Err(Error::new(ErrorKind::Invalid, call, detail));
        }
        let mut object = r32_4::NvBufferSyncObj {
            num_insyncobj: points.len() as u32,
            use_outsyncobj: 1,
            ..Default::default()
        };
        let Some(places) = object.insyncobj.get_mut(..points.len()) else {
            let detail = format!(
                "{} sync points to wait for; {} are possible",
                points.len(),
                SyncPoint::MAX
            );
            return Err(Error::new(ErrorKind::Invalid, call, detail));
        };
        for (place, point) in places.iter_mut().zip(points) {
            *place = point.raw;
        }
        let mut params = self.params(&source, &target, call)?;
        let work = begin(&source, &target, call, points)?;
        let lock = self.enter(&mut params);
        let params = (&raw mut params).cast::<c_void>();
        let place = (&raw mut object).cast::<c_void>();
        // SAFETY: as in `run`, and the sync object is that of every release that has the function
        // (asserted in `sync_point`), with points that the library made. Both buffers are kept, and in
        // use by `work`, until it is done.
        let ret = unsafe { start(source.fd(), target.fd(), params, place) };
        drop(lock);
        check(call, ret, || detail(&source, &target, self))?;
        let point = SyncPoint::new(object.outsyncobj, wait);
        let tickets = work.map(|work| work.hold(point));
        let session = self.session.clone();
        Ok(Pending::new(point, [source, target], tickets, session))
    }
}
