//! Transforms, compositions and sessions of libnvbuf_utils: those of libnvbufsurftransform by fd.

use std::ffi::{c_int, c_void};
use std::sync::Arc;

use nvbufsurface_sys::nvbuf_utils::{r28, r32_1, r32_2, r32_3, r32_4, r32_5, r32_6, r34};

use super::numbering::Numbering;
use super::{find, numbering};
use crate::functions::Function;
use crate::nvbuf::buffer::Buffer;
use crate::nvbuf::{Refused, call, call_for, refuse};
use crate::table::Table;
use crate::transform::composite::alpha;
use crate::transform::geometry::{Filter, Flip, Rect, check_vic_scale};
use crate::transform::work::{Job, OPAQUE, Source, Step};
use crate::transform::{check_format, fail, worker};

/// The number of our engine's sync point.
const SYNC_POINT: u32 = 1;
/// `MAX_COMPOSITE_FRAME`
const MAX_SOURCES: u32 = 16;

/// Live sessions.
static SESSIONS: Table<()> = Table::new();

/// Proves that releases have one layout.
macro_rules! same {
    ($name:ident: $first:ident $($module:ident)*) => {
        $(const _: () = assert!(size_of::<$first::$name>() == size_of::<$module::$name>());)*
    };
}
same!(NvBufferTransformParams: r32_6 r32_1 r32_2 r32_3 r32_4 r32_5 r34);
same!(NvBufferCompositeParams: r32_1 r32_2 r32_3 r32_4 r32_5);
same!(NvBufferCompositeParams: r32_6 r34);
same!(NvBufferSyncObj: r32_4 r32_5 r32_6 r34);

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
    check_session(function, wanted.session)?;
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
    place(function, from, to, (rect, to_rect), (flip, filter, OPAQUE)).map(|step| Job(vec![step]))
}

/// A checked step.
fn place(
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
fn picture(function: Function, fd: c_int) -> Result<Arc<Buffer>, Refused> {
    let buffer = find(function, fd)?;
    check_format(function, &buffer)?;
    Ok(buffer)
}

fn check_session(function: Function, session: usize) -> Result<(), Refused> {
    if session != 0 && SESSIONS.get(session).is_none() {
        refuse!(
            function,
            Rule::UseAfterDestroy,
            "there is no session {session:#x}: destroyed or foreign"
        );
    }
    Ok(())
}

fn run(job: &Job) {
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

/// `NvBufferTransformAsync`. Jobs are done in the order of their calls, so those that `insyncobj` names
/// are done before. Without `use_outsyncobj` nobody can wait, and the call does.
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
        let Some(object) = object.filter(|object| object.use_outsyncobj != 0) else {
            run(&job);
            return Ok(());
        };
        job.note_conflicts();
        let Some(number) = worker::submit(job) else {
            fail!(function, Engine, "no thread for the engine")
        };
        object.outsyncobj.syncpointID = SYNC_POINT;
        // Sync points have 32 bits.
        object.outsyncobj.value = number as u32;
        Ok(())
    })
}

/// `NvBufferSyncObjWait`
///
/// # Safety
///
/// `params` is null or a `NvBufferSyncObjParams`.
pub(crate) unsafe extern "C" fn sync_obj_wait(
    params: Option<&r32_6::NvBufferSyncObjParams>,
    milliseconds: u32,
) -> c_int {
    let function = Function::NvBufferSyncObjWait;
    call(function, || {
        let Some(params) = params else {
            refuse!(function, Rule::NullArgument, "the parameters are NULL")
        };
        let number = u64::from(params.value);
        if params.syncpointID != SYNC_POINT || !worker::is_job(number) {
            refuse!(
                function,
                "no sync point {} reaches {number}",
                params.syncpointID
            );
        }
        if !worker::wait(number, worker::limit(milliseconds)) {
            fail!(function, Engine, "not done within {milliseconds} ms");
        }
        Ok(())
    })
}

/// What a `NvBufferCompositeParams` says.
struct Layers {
    flags: u32,
    count: u32,
    filters: [u32; 16],
    alphas: [f32; 16],
    from: [Rect; 16],
    to: [Rect; 16],
    background: [f64; 4],
    session: usize,
}

macro_rules! layers {
    ($p:expr, $filters:expr, $session:expr) => {{
        let p = $p;
        let c = p.composite_bgcolor;
        Layers {
            flags: p.composite_flag,
            count: p.input_buf_count,
            filters: $filters,
            alphas: p.dst_comp_rect_alpha,
            from: p.src_comp_rect.map(|r| rect!(r)),
            to: p.dst_comp_rect.map(|r| rect!(r)),
            background: [c.r.into(), c.g.into(), c.b.into(), 1.],
            session: $session,
        }
    }};
}

/// `NvBufferComposite`
///
/// # Safety
///
/// `params` is null or points to a `NvBufferCompositeParams` of the release; `sources` is null or has
/// as many fds as that says.
pub(crate) unsafe extern "C" fn composite(
    sources: *const c_int,
    dest: c_int,
    params: *const c_void,
) -> c_int {
    let function = Function::NvBufferComposite;
    call(function, || {
        // SAFETY: by this function's contract.
        let layers = unsafe { read_layers(function, params) }?;
        check_session(function, layers.session)?;
        if sources.is_null() || !(1..=MAX_SOURCES).contains(&layers.count) {
            fail!(function, Params, "{} inputs at {sources:?}", layers.count);
        }
        let wanted = r32_6::NVBUFFER_COMPOSITE | r32_6::NVBUFFER_BLEND;
        if layers.flags & wanted == 0 {
            fail!(function, Params, "composite_flag is {:#x}", layers.flags);
        }
        let to = picture(function, dest)?;
        let mut steps = vec![Step::Fill {
            to: Arc::clone(&to),
            colour: layers.background,
        }];
        for i in 0..layers.count as usize {
            // SAFETY: in the list by this function's contract.
            let from = picture(function, unsafe { sources.wrapping_add(i).read() })?;
            let rect = layers.from[i].check(function, &from, false)?;
            let to_rect = layers.to[i].check(function, &to, false)?;
            let filter = Filter::of(function, layers.filters[i])?;
            let alpha = if layers.flags & r32_6::NVBUFFER_BLEND != 0 {
                alpha(function, layers.alphas[i])?
            } else {
                OPAQUE
            };
            let how = (Flip::None, filter, alpha);
            steps.push(place(
                function,
                from,
                Arc::clone(&to),
                (rect, to_rect),
                how,
            )?);
        }
        run(&Job(steps));
        Ok(())
    })
}

/// # Safety
///
/// As [`composite`].
unsafe fn read_layers(function: Function, params: *const c_void) -> Result<Layers, Refused> {
    if params.is_null() {
        refuse!(function, Rule::NullArgument, "the parameters are NULL");
    }
    let nearest = [r32_6::NvBufferTransform_Filter_Nearest; 16];
    Ok(match numbering(function)? {
        Numbering::r28 => {
            // SAFETY: by this function's contract.
            let p = unsafe { params.cast::<r28::NvBufferCompositeParams>().read() };
            layers!(p, nearest, 0)
        }
        Numbering::r32_6 | Numbering::r34 => {
            // SAFETY: by this function's contract; R34 has the same layout (see `same`).
            let p = unsafe { params.cast::<r32_6::NvBufferCompositeParams>().read() };
            let has_filter = p.composite_flag & r32_6::NVBUFFER_COMPOSITE_FILTER != 0;
            let filters = if has_filter {
                p.composite_filter
            } else {
                nearest
            };
            layers!(p, filters, p.session.addr())
        }
        _ => {
            // SAFETY: by this function's contract; R32.1 to R32.5 have one layout (see `same`).
            let p = unsafe { params.cast::<r32_1::NvBufferCompositeParams>().read() };
            layers!(p, nearest, p.session.addr())
        }
    })
}

/// `NvBufferSessionCreate`
pub(crate) extern "C" fn session_create() -> usize {
    let make = || Ok(SESSIONS.add(Arc::new(())));
    call_for(Function::NvBufferSessionCreate, make, |_| 0)
}

/// `NvBufferSessionDestroy`
pub(crate) extern "C" fn session_destroy(session: usize) {
    let function = Function::NvBufferSessionDestroy;
    call(function, || match SESSIONS.remove(session) {
        Some(_) => Ok(()),
        None => refuse!(
            function,
            Rule::UseAfterDestroy,
            "there is no session {session:#x}: destroyed or foreign"
        ),
    });
}
