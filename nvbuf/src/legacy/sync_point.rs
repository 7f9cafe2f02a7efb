//! What engines wait for and signal.

use std::ffi::{c_int, c_uint, c_void};
use std::fmt;
use std::os::fd::{AsFd, AsRawFd as _};
use std::time::Duration;

use nvbufsurface_sys::LegacyLibrary;
use nvbufsurface_sys::nvbuf_utils::{r32_4, r32_5, r32_6, r34};

use super::library::{library, needed};
use crate::error::{Error, Result, check};

pub(super) type Raw = r32_4::NvBufferSyncObjParams;

macro_rules! same {
    ($($module:ident)*) => {
        $(const _: () = assert!(
            size_of::<r32_4::NvBufferSyncObj>() == size_of::<$module::NvBufferSyncObj>()
                && size_of::<Raw>() == size_of::<$module::NvBufferSyncObjParams>()
                && r32_4::NVBUF_MAX_SYNCOBJ_PARAMS == $module::NVBUF_MAX_SYNCOBJ_PARAMS
        );)*
    };
}
same!(r32_5 r32_6 r34);

/// The time-out that means none.
const FOREVER: c_uint = r32_4::NVBUFFER_SYNCPOINT_WAIT_INFINITE;

pub(super) type Wait = unsafe extern "C" fn(*mut c_void, c_uint) -> c_int;

/// A counter of the hardware and the value that means "done": of a transform that is under way
/// ([`Pending::point`](super::Pending::point)), or of a fence. It keeps nothing alive.
#[doc(alias = "NvBufferSyncObjParams")]
#[derive(Clone, Copy)]
pub struct SyncPoint {
    pub(super) raw: Raw,
    wait: Wait,
}

impl SyncPoint {
    /// So many of them one transform waits for at most.
    #[doc(alias = "NVBUF_MAX_SYNCOBJ_PARAMS")]
    pub const MAX: usize = r32_4::NVBUF_MAX_SYNCOBJ_PARAMS as usize;

    /// `raw` is of a call of the library that `wait` is of.
    pub(super) fn new(raw: Raw, wait: Wait) -> Self {
        Self { raw, wait }
    }

    /// Whether it is the same value of the same counter.
    pub(super) fn is(&self, other: Self) -> bool {
        (self.raw.syncpointID, self.raw.value) == (other.raw.syncpointID, other.raw.value)
    }

    /// The sync points of a fence that other code signals: [`SyncPoint::MAX`] at most. The file stays the
    /// caller's. Of R32.7.4 and later releases of R32.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Load`](crate::ErrorKind::Load) on other releases,
    /// [`ErrorKind::Call`](crate::ErrorKind::Call) when the library refuses the file.
    #[doc(alias = "NvBufferSyncObjParamsFromFile")]
    pub fn from_fence(fence: impl AsFd) -> Result<Vec<Self>> {
        let call = "NvBufferSyncObjParamsFromFile";
        let library = library()?;
        let from_file = library.functions().sync_obj_params_from_file;
        let from_file = needed(library, from_file, call)?;
        let wait = wait_of(library)?;
        let mut points = [Raw::default(); Self::MAX];
        let mut count = Self::MAX as c_uint;
        let fd = fence.as_fd().as_raw_fd();
        let place = points.as_mut_ptr().cast::<c_void>();
        // SAFETY: room for as many as the library makes at most, and the fd is open for the call.
        let ret = unsafe { from_file(fd, place, &raw mut count) };
        check(call, ret, || format!("fd {fd}: is it a fence?"))?;
        let made = points.into_iter().take(count as usize);
        Ok(made.map(|raw| Self { raw, wait }).collect())
    }

    /// Waits without end until it is reached.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Call`](crate::ErrorKind::Call) when the library refuses to wait.
    #[doc(alias = "NvBufferSyncObjWait")]
    pub fn wait(&self) -> Result<()> {
        self.wait_ms(FOREVER)
    }

    /// Waits for at most so long: to milliseconds, at least one.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Call`](crate::ErrorKind::Call) when it is not reached in time, which the library does not
    /// tell from other failures.
    pub fn wait_timeout(&self, limit: Duration) -> Result<()> {
        self.wait_ms(limit.as_millis().clamp(1, u128::from(FOREVER - 1)) as c_uint)
    }

    fn wait_ms(&self, milliseconds: c_uint) -> Result<()> {
        let mut raw = self.raw;
        let place = (&raw mut raw).cast::<c_void>();
        // SAFETY: a sync point that the library made, in a copy that outlives the call.
        let ret = unsafe { (self.wait)(place, milliseconds) };
        check("NvBufferSyncObjWait", ret, || match milliseconds {
            FOREVER => format!("{self:?}"),
            _ => format!("{self:?}: not done in {milliseconds} ms, or the wait failed"),
        })
    }
}

/// The function that waits. It comes with those that make sync points, but is looked for first.
pub(super) fn wait_of(library: &LegacyLibrary) -> Result<Wait, Error> {
    let wait = library.functions().sync_obj_wait;
    needed(library, wait, "NvBufferSyncObjWait")
}

impl fmt::Debug for SyncPoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "SyncPoint({} = {})",
            self.raw.syncpointID, self.raw.value
        )
    }
}
