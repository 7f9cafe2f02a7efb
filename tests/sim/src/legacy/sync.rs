//! Sync points of libnvbuf_utils: the engine's own, whose values are the numbers of jobs, and one for each
//! fence that came as a file.

#![forbid(unsafe_code)]

use std::collections::BTreeMap;
use std::ffi::c_int;
use std::mem::MaybeUninit;
use std::sync::{Arc, Mutex, MutexGuard};

use nvbufsurface_sys::nvbuf_utils::r32_6::{NvBufferSyncObj, NvBufferSyncObjParams};
use nvbufsurface_sys::nvbuf_utils::{r32_4, r32_5, r32_6, r34};

use super::transform::same;
use crate::functions::Function;
use crate::nvbuf::{Refused, call, refuse};
use crate::transform::fence::Fence;
use crate::transform::{fail, worker};

same!(NvBufferSyncObj: r32_6 r32_4 r32_5 r34);

/// The number of our engine's sync point; those of fences are higher.
const ENGINE: u32 = 1;
/// The value that the sync point of a fence reaches.
const SIGNALLED: u32 = 1;

/// Fences by sync point; `None` once somebody has waited for it.
static FENCES: Mutex<BTreeMap<u32, Option<Arc<Fence>>>> = Mutex::new(BTreeMap::new());

fn fences() -> MutexGuard<'static, BTreeMap<u32, Option<Arc<Fence>>>> {
    FENCES.lock().unwrap_or_else(|e| e.into_inner())
}

/// What a value of a sync point stands for.
enum Point {
    Job(u64),
    Fence(Arc<Fence>),
    Reached,
}

fn point(function: Function, params: &NvBufferSyncObjParams) -> Result<Point, Refused> {
    let (id, value) = (params.syncpointID, params.value);
    if id == ENGINE && worker::is_job(value.into()) {
        return Ok(Point::Job(value.into()));
    }
    match fences().get(&id) {
        Some(fence) if value == SIGNALLED => Ok(match fence {
            Some(fence) => Point::Fence(Arc::clone(fence)),
            None => Point::Reached,
        }),
        _ => refuse!(function, "no sync point {id} reaches {value}"),
    }
}

/// What a transform waits for.
#[derive(Debug, Default)]
pub(super) struct Points {
    jobs: Vec<u64>,
    pub(super) fences: Vec<Arc<Fence>>,
}

impl Points {
    /// The sync points of `insyncobj`.
    pub(super) fn of(function: Function, object: &NvBufferSyncObj) -> Result<Self, Refused> {
        let Some(list) = object.insyncobj.get(..object.num_insyncobj as usize) else {
            refuse!(function, "num_insyncobj is {}", object.num_insyncobj)
        };
        let mut points = Self::default();
        for params in list {
            match point(function, params)? {
                Point::Job(number) => points.jobs.push(number),
                Point::Fence(fence) => points.fences.push(fence),
                Point::Reached => {}
            }
        }
        Ok(points)
    }

    /// Waits for the jobs among them.
    pub(super) fn wait_for_jobs(&self) {
        for number in &self.jobs {
            worker::wait(*number, None);
        }
    }
}

/// The sync point of a job.
pub(super) fn of_job(number: u64) -> NvBufferSyncObjParams {
    NvBufferSyncObjParams {
        syncpointID: ENGINE,
        // Sync points have 32 bits.
        value: number as u32,
    }
}

/// `NvBufferSyncObjWait`
pub(crate) extern "C" fn wait(params: Option<&NvBufferSyncObjParams>, milliseconds: u32) -> c_int {
    let function = Function::NvBufferSyncObjWait;
    call(function, || {
        let Some(params) = params else {
            refuse!(function, Rule::NullArgument, "the parameters are NULL")
        };
        let is_reached = match point(function, params)? {
            Point::Job(number) => worker::wait(number, worker::limit(milliseconds)),
            Point::Fence(fence) => fence.wait(worker::limit(milliseconds)),
            Point::Reached => true,
        };
        if !is_reached {
            fail!(function, Engine, "not done within {milliseconds} ms");
        }
        // A fence is signalled for good: its file is not needed any more.
        if let Some(fence) = fences().get_mut(&params.syncpointID) {
            *fence = None;
        }
        Ok(())
    })
}

/// `NvBufferSyncObjParamsFromFile`: always one sync point. What the caller has put into the count is not
/// looked at. No function gives a sync point back: its file stays open until it is waited for.
pub(crate) extern "C" fn from_file(
    file: c_int,
    out: Option<&mut MaybeUninit<NvBufferSyncObjParams>>,
    count: Option<&mut MaybeUninit<u32>>,
) -> c_int {
    let function = Function::NvBufferSyncObjParamsFromFile;
    call(function, || {
        let Some((out, count)) = out.zip(count) else {
            refuse!(function, Rule::NullArgument, "a result pointer is NULL")
        };
        let fence = Fence::of_file(function, file)?;
        let mut fences = fences();
        let last = fences.last_key_value().map_or(ENGINE, |(id, _)| *id);
        let Some(id) = last.checked_add(1) else {
            fail!(function, Engine, "no sync point is left")
        };
        fences.insert(id, Some(Arc::new(fence)));
        out.write(NvBufferSyncObjParams {
            syncpointID: id,
            value: SIGNALLED,
        });
        count.write(1);
        Ok(())
    })
}
