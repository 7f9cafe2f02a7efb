//! Sync objects: what an asynchronous call can be waited for with.

use std::ffi::c_int;
use std::mem::MaybeUninit;
use std::sync::Arc;
use std::time::Duration;

use super::fence::Fence;
use super::work::Job;
use super::{Failure, call, fail, worker};
use crate::functions::Function;
use crate::nvbuf::{Refused, refuse};
use crate::stats::{COUNTERS, add};
use crate::table::Table;

/// What a sync object stands for.
#[derive(Debug)]
enum Point {
    /// The end of a job, by its number.
    Job(u64),
    Fence(Fence),
}

impl Point {
    /// Waits for it, at most so long; whether it is reached.
    fn wait(&self, limit: Option<Duration>) -> bool {
        match self {
            Self::Job(number) => worker::wait(*number, limit),
            Self::Fence(fence) => fence.wait(limit),
        }
    }
}

/// Sync objects by handle.
static OBJECTS: Table<Point> = Table::new();

/// Does a job now, or leaves it to the engine's thread where the caller wants a sync object.
pub(super) fn dispatch(
    function: Function,
    job: Job,
    out: Option<&mut usize>,
) -> Result<(), Failure> {
    job.note_conflicts();
    let Some(out) = out else {
        job.run();
        return Ok(());
    };
    let Some(number) = worker::submit(job) else {
        fail!(function, Engine, "no thread for the engine")
    };
    *out = OBJECTS.add(Arc::new(Point::Job(number)));
    Ok(())
}

/// What a sync object stands for.
fn point_of(function: Function, object: usize) -> Result<Arc<Point>, Refused> {
    match OBJECTS.get(object) {
        Some(point) => Ok(point),
        None => refuse!(
            function,
            Rule::UseAfterDestroy,
            "there is no sync object {object:#x}: destroyed or foreign"
        ),
    }
}

/// `NvBufSurfTransformSyncObjWait`
pub(crate) extern "C" fn wait(object: usize, milliseconds: u32) -> c_int {
    let function = Function::NvBufSurfTransformSyncObjWait;
    call(function, || {
        let point = point_of(function, object)?;
        if !point.wait(worker::limit(milliseconds)) {
            fail!(function, Engine, "not done within {milliseconds} ms");
        }
        Ok(())
    })
}

/// `NvBufSurfTransformSyncObjDestroy`. The caller's handle stays as it is.
pub(crate) extern "C" fn destroy(object: Option<&usize>) -> c_int {
    let function = Function::NvBufSurfTransformSyncObjDestroy;
    call(function, || {
        let Some(object) = object else {
            fail!(function, Params, "the pointer is NULL")
        };
        let point = point_of(function, *object)?;
        OBJECTS.remove(*object);
        // A fence of somebody else's work is nobody's to wait for.
        let is_early = matches!(*point, Point::Job(_)) && !point.wait(Some(Duration::ZERO));
        add(&COUNTERS.unsynchronised, is_early.into());
        Ok(())
    })
}

/// `NvBufSurfTransformSyncObjFromFile`: always one object. What the caller has put into the count is not
/// looked at.
pub(crate) extern "C" fn from_file(
    file: c_int,
    out: Option<&mut MaybeUninit<usize>>,
    count: Option<&mut MaybeUninit<u32>>,
) -> c_int {
    let function = Function::NvBufSurfTransformSyncObjFromFile;
    call(function, || {
        let Some((out, count)) = out.zip(count) else {
            fail!(function, Params, "a result pointer is NULL")
        };
        let fence = Fence::of_file(function, file)?;
        out.write(OBJECTS.add(Arc::new(Point::Fence(fence))));
        count.write(1);
        Ok(())
    })
}
