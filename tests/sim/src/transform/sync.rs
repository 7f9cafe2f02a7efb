//! Sync objects: what an asynchronous call can be waited for with.

use std::ffi::c_int;
use std::sync::Arc;
use std::time::Duration;

use super::work::Job;
use super::{Failure, call, fail, worker};
use crate::functions::Function;
use crate::nvbuf::{Refused, refuse};
use crate::stats::{COUNTERS, add};
use crate::table::Table;

/// Sync objects by handle, each the number of a job.
static OBJECTS: Table<u64> = Table::new();

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
    *out = OBJECTS.add(Arc::new(number));
    Ok(())
}

/// The job of a sync object.
fn job_of(function: Function, object: usize) -> Result<u64, Refused> {
    match OBJECTS.get(object) {
        Some(number) => Ok(*number),
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
        let number = job_of(function, object)?;
        if !worker::wait(number, worker::limit(milliseconds)) {
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
        let number = job_of(function, *object)?;
        OBJECTS.remove(*object);
        if !worker::wait(number, Some(Duration::ZERO)) {
            add(&COUNTERS.unsynchronised, 1);
        }
        Ok(())
    })
}
