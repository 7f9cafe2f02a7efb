//! Transforms of libnvbuf_utils: those of libnvbufsurftransform by fd.

use std::ffi::{c_int, c_void};
use std::sync::Arc;

use nvbufsurface_sys::nvbuf_utils::{r28, r32_1, r32_2, r32_3, r32_4, r32_5, r32_6, r34};

use super::numbering::Numbering;
use super::{find, numbering, session, sync};
use crate::functions::Function;
use crate::nvbuf::buffer::Buffer;
use crate::nvbuf::{Refused, call, refuse};
use crate::transform::geometry::{Filter, Flip, Rect, check_vic_scale};
use crate::transform::work::{Job, OPAQUE, Source, Step};
use crate::transform::{check_format, fail, worker};

/// Proves that releases have one layout.
macro_rules! same {
    ($name:ident: $first:ident $($module:ident)*) => {
        $(const _: () = assert!(size_of::<$first::$name>() == size_of::<$module::$name>());)*
    };
}
pub(super) use same;

same!(NvBufferTransformParams: r32_6 r32_1 r32_2 r32_3 r32_4 r32_5 r34);

/// A rectangle of the release's struct.
macro_rules! rect {
    ($rect:expr) => {{
        let r = $rect;
        Rect {
            left: r.left,
            top: r.top,
            width: r.width,
            height: r.height,
        }
    }};
}
pub(super) use rect;

/// What a `NvBufferTransformParams` says.
struct Wanted {
    flags: u32,
    flip: u32,
    filter: u32,
    from: Rect,
    to: Rect,
    session: usize,
}

macro_rules! wanted {
    ($p:expr, $session:expr) => {{
        let p = $p;
        Wanted {
            flags: p.transform_flag,
            flip: p.transform_flip,
            filter: p.transform_filter,
            from: rect!(p.src_rect),
            to: rect!(p.dst_rect),
            session: $session,
        }
    }};
}

/// Checks a transform.
///
/// # Safety
///
/// `params` is null or points to a `NvBufferTransformParams` of the release.
unsafe fn check(
    function: Function,
    source: c_int,
    dest: c_int,
    params: *const c_void,
) -> Result<Job, Refused> {
    if params.is_null() {
        refuse!(function, Rule::NullArgument, "the parameters are NULL");
    }
    let wanted = if numbering(function)? == Numbering::r28 {
        // SAFETY: by this function's contract.
        let p = unsafe { params.cast::<r28::NvBufferTransformParams>().read() };
        wanted!(p, 0)
    } else {
        // SAFETY: by this function's contract; the layout is that of R32.1 (see `same`).
        let p = unsafe { params.cast::<r32_6::NvBufferTransformParams>().read() };
        wanted!(p, p.session.addr())
    };
    session::check(function, wanted.session)?;
    let (from, to) = (picture(function, source)?, picture(function, dest)?);
    let has = |flag| wanted.flags & flag != 0;
    let part = |is_cropped, rect: Rect, buffer: &Buffer| {
        if is_cropped {
            rect.check(function, buffer, false)
        } else {
            Ok(Rect::whole(buffer))
        }
    };
    let rect = part(has(r32_6::NVBUFFER_TRANSFORM_CROP_SRC), wanted.from, &from)?;
    let to_rect = part(has(r32_6::NVBUFFER_TRANSFORM_CROP_DST), wanted.to, &to)?;
    let flip = if has(r32_6::NVBUFFER_TRANSFORM_FLIP) {
        Flip::of(function, wanted.flip)?
    } else {
        Flip::None
    };
    let filter = if has(r32_6::NVBUFFER_TRANSFORM_FILTER) {
        Filter::of(function, wanted.filter)?
    } else {
        Filter::Nearest
    };
    place(function, from, to, (rect, to_rect), (flip, filter, OPAQUE))
        .map(|step| Job::new(vec![step]))
}

/// A checked step.
pub(super) fn place(
    function: Function,
    from: Arc<Buffer>,
    to: Arc<Buffer>,
    (rect, to_rect): (Rect, Rect),
    (flip, filter, alpha): (Flip, Filter, u8),
) -> Result<Step, Refused> {
    check_vic_scale(function, rect, to_rect, flip)?;
    if from.fd() == to.fd() {
        fail!(function, Params, "fd {} onto itself", from.fd());
    }
    Ok(Step::Place {
        from: Source {
            buffer: from,
            rect,
            flip,
            filter,
        },
        to,
        rect: to_rect,
        alpha,
    })
}

/// A buffer that can be transformed.
pub(super) fn picture(function: Function, fd: c_int) -> Result<Arc<Buffer>, Refused> {
    let buffer = find(function, fd)?;
    check_format(function, &buffer)?;
    Ok(buffer)
}

pub(super) fn run(job: &Job) {
    job.note_conflicts();
    job.run();
}

/// `NvBufferTransform`
///
/// # Safety
///
/// `params` is null or points to a `NvBufferTransformParams` of the release.
pub(crate) unsafe extern "C" fn transform(
    source: c_int,
    dest: c_int,
    params: *const c_void,
) -> c_int {
    let function = Function::NvBufferTransform;
    call(function, || {
        // SAFETY: by this function's contract.
        run(&unsafe { check(function, source, dest, params) }?);
        Ok(())
    })
}

/// `NvBufferTransformEx`. The descriptions of the buffers are not looked at: both are of this process.
///
/// # Safety
///
/// As [`transform`].
pub(crate) unsafe extern "C" fn transform_ex(
    source: c_int,
    _source_params: *const c_void,
    dest: c_int,
    _dest_params: *const c_void,
    params: *const c_void,
) -> c_int {
    let function = Function::NvBufferTransformEx;
    call(function, || {
        // SAFETY: by this function's contract.
        run(&unsafe { check(function, source, dest, params) }?);
        Ok(())
    })
}

/// `NvBufferTransformAsync`. What `insyncobj` names is done before. Without `use_outsyncobj` nobody can
/// wait, and the call does.
///
/// # Safety
///
/// As [`transform`]; `object` is null or a `NvBufferSyncObj`.
pub(crate) unsafe extern "C" fn transform_async(
    source: c_int,
    dest: c_int,
    params: *const c_void,
    object: Option<&mut r32_6::NvBufferSyncObj>,
) -> c_int {
    let function = Function::NvBufferTransformAsync;
    call(function, || {
        // SAFETY: by this function's contract.
        let job = unsafe { check(function, source, dest, params) }?;
        let Some(object) = object else {
            run(&job);
            return Ok(());
        };
        let before = sync::Points::of(function, object)?;
        if object.use_outsyncobj == 0 {
            before.wait_for_jobs();
            run(&job.after(before.fences));
            return Ok(());
        }
        // The engine does jobs in the order of their calls.
        let job = job.after(before.fences);
        job.note_conflicts();
        let Some(number) = worker::submit(job) else {
            fail!(function, Engine, "no thread for the engine")
        };
        object.outsyncobj = sync::of_job(number);
        Ok(())
    })
}
