//! Sync objects. Fences are of a GL context, which nobody has here; reusable ones are signalled by the
//! program.

use std::ffi::c_int;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use super::attributes::Attributes;
use super::{
    BAD_ATTRIBUTE, BAD_MATCH, BAD_PARAMETER, Boolean, EglError, Enum, FALSE, Out, TRUE, call,
    display, put, refuse,
};
use crate::functions::Function;
use crate::stats::{COUNTERS, add, sub};
use crate::table::Table;

const FENCE: Enum = 0x30f9;
const REUSABLE: Enum = 0x30fa;
const STATUS: isize = 0x30f1;
const SIGNALED: c_int = 0x30f2;
const UNSIGNALED: c_int = 0x30f3;
const TIMEOUT_EXPIRED: c_int = 0x30f5;
const CONDITION_SATISFIED: c_int = 0x30f6;
const TYPE: isize = 0x30f7;
const FOREVER: u64 = u64::MAX;

/// A reusable sync object.
#[derive(Debug)]
pub(crate) struct Sync {
    display: usize,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Clone, Copy, Debug)]
struct State {
    is_signalled: bool,
    /// Destroyed: nobody waits for it any more.
    is_gone: bool,
    /// Signals so far: a wait is over with the next, even if the object is unsignalled again.
    signals: u64,
}

static SYNCS: Table<Sync> = Table::new();

impl Sync {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|e| e.into_inner())
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.lock());
        self.changed.notify_all();
    }

    /// Whether nobody has to wait for it.
    pub(crate) fn is_over(&self) -> bool {
        let state = self.lock();
        state.is_signalled || state.is_gone
    }

    /// Waits until it is signalled or destroyed; false if that takes too long.
    pub(crate) fn wait(&self, end: Option<Instant>) -> bool {
        let mut state = self.lock();
        let before = state.signals;
        while !(state.is_signalled || state.is_gone || state.signals != before) {
            let left = end.map(|end| end.saturating_duration_since(Instant::now()));
            state = match left {
                Some(Duration::ZERO) => return false,
                Some(left) => {
                    let waited = self.changed.wait_timeout(state, left);
                    waited.unwrap_or_else(|e| e.into_inner()).0
                }
                None => self.changed.wait(state).unwrap_or_else(|e| e.into_inner()),
            };
        }
        true
    }

    fn end(&self) {
        self.change(|state| state.is_gone = true);
        sub(&COUNTERS.egl_syncs_alive);
    }
}

/// A live sync object by handle, for CUDA.
pub(crate) fn get(handle: usize) -> Option<Arc<Sync>> {
    SYNCS.get(handle)
}

fn find(function: Function, display: usize, handle: usize) -> Result<Arc<Sync>, EglError> {
    display::initialised(function, display)?;
    match SYNCS.get(handle).filter(|sync| sync.display == display) {
        Some(sync) => Ok(sync),
        None => refuse!(
            function,
            BAD_PARAMETER,
            "{handle:#x} is no sync object of the display"
        ),
    }
}

/// `eglCreateSync`
///
/// # Safety
///
/// As [`Attributes::of_attribs`].
pub(crate) unsafe extern "C" fn create(
    display: usize,
    kind: Enum,
    attributes: *const isize,
) -> usize {
    let function = Function::eglCreateSync;
    call(function, 0, || {
        // SAFETY: by this function's contract.
        let attributes = unsafe { Attributes::of_attribs(function, attributes) }?;
        create_any(function, display, kind, &attributes)
    })
}

/// `eglCreateSyncKHR`
///
/// # Safety
///
/// As [`Attributes::of_ints`].
pub(crate) unsafe extern "C" fn create_khr(
    display: usize,
    kind: Enum,
    attributes: *const c_int,
) -> usize {
    let function = Function::eglCreateSyncKHR;
    call(function, 0, || {
        // SAFETY: by this function's contract.
        let attributes = unsafe { Attributes::of_ints(function, attributes) }?;
        create_any(function, display, kind, &attributes)
    })
}

fn create_any(
    function: Function,
    display: usize,
    kind: Enum,
    attributes: &Attributes,
) -> Result<usize, EglError> {
    display::initialised(function, display)?;
    if !matches!(kind, FENCE | REUSABLE) {
        refuse!(function, BAD_ATTRIBUTE, "type {kind:#x} is not there");
    }
    if let Some((name, _)) = attributes.iter().next() {
        refuse!(function, BAD_ATTRIBUTE, "there is no attribute {name:#x}");
    }
    if kind == FENCE {
        refuse!(
            function,
            BAD_MATCH,
            "a fence needs a current GL context, which is not simulated"
        );
    }
    add(&COUNTERS.egl_syncs_alive, 1);
    Ok(SYNCS.add(Arc::new(Sync {
        display,
        state: Mutex::new(State {
            is_signalled: false,
            is_gone: false,
            signals: 0,
        }),
        changed: Condvar::new(),
    })))
}

/// `eglDestroySync`
pub(crate) extern "C" fn destroy(display: usize, sync: usize) -> Boolean {
    destroy_any(Function::eglDestroySync, display, sync)
}

/// `eglDestroySyncKHR`
pub(crate) extern "C" fn destroy_khr(display: usize, sync: usize) -> Boolean {
    destroy_any(Function::eglDestroySyncKHR, display, sync)
}

fn destroy_any(function: Function, display: usize, handle: usize) -> Boolean {
    call(function, FALSE, || {
        find(function, display, handle)?;
        // Another thread may have been first.
        if let Some(sync) = SYNCS.remove(handle) {
            sync.end();
        }
        Ok(TRUE)
    })
}

/// `eglClientWaitSync`
pub(crate) extern "C" fn client_wait(
    display: usize,
    sync: usize,
    flags: c_int,
    timeout: u64,
) -> c_int {
    client_wait_any(Function::eglClientWaitSync, display, sync, flags, timeout)
}

/// `eglClientWaitSyncKHR`
pub(crate) extern "C" fn client_wait_khr(
    display: usize,
    sync: usize,
    flags: c_int,
    timeout: u64,
) -> c_int {
    client_wait_any(
        Function::eglClientWaitSyncKHR,
        display,
        sync,
        flags,
        timeout,
    )
}

/// There is nothing to flush for the only flag.
fn client_wait_any(
    function: Function,
    display: usize,
    handle: usize,
    _flags: c_int,
    timeout: u64,
) -> c_int {
    call(function, 0, || {
        let sync = find(function, display, handle)?;
        let end = Instant::now().checked_add(Duration::from_nanos(timeout));
        let end = end.filter(|_| timeout != FOREVER);
        Ok(if sync.wait(end) {
            CONDITION_SATISFIED
        } else {
            TIMEOUT_EXPIRED
        })
    })
}

/// `eglWaitSync`: it would be a GL context that waits.
pub(crate) extern "C" fn wait(display: usize, sync: usize, _flags: c_int) -> Boolean {
    let function = Function::eglWaitSync;
    call(function, FALSE, || {
        find(function, display, sync)?;
        refuse!(function, BAD_MATCH, "no GL context is current");
    })
}

/// `eglSignalSyncKHR`
pub(crate) extern "C" fn signal(display: usize, sync: usize, mode: Enum) -> Boolean {
    let function = Function::eglSignalSyncKHR;
    call(function, FALSE, || {
        let sync = find(function, display, sync)?;
        let is_signalled = match mode.cast_signed() {
            SIGNALED => true,
            UNSIGNALED => false,
            _ => refuse!(function, BAD_PARAMETER, "mode {mode:#x}"),
        };
        sync.change(|state| {
            state.signals += u64::from(is_signalled);
            state.is_signalled = is_signalled;
        });
        Ok(TRUE)
    })
}

/// `eglGetSyncAttrib`
pub(crate) extern "C" fn get_attribute(
    display: usize,
    sync: usize,
    name: c_int,
    out: Out<'_, isize>,
) -> Boolean {
    let function = Function::eglGetSyncAttrib;
    call(function, FALSE, || {
        let value = attribute(function, display, sync, name)?;
        put(function, out, value as isize)?;
        Ok(TRUE)
    })
}

/// `eglGetSyncAttribKHR`
pub(crate) extern "C" fn get_attribute_khr(
    display: usize,
    sync: usize,
    name: c_int,
    out: Out<'_, c_int>,
) -> Boolean {
    let function = Function::eglGetSyncAttribKHR;
    call(function, FALSE, || {
        let value = attribute(function, display, sync, name)?;
        put(function, out, value)?;
        Ok(TRUE)
    })
}

fn attribute(
    function: Function,
    display: usize,
    handle: usize,
    name: c_int,
) -> Result<c_int, EglError> {
    let sync = find(function, display, handle)?;
    Ok(match name as isize {
        TYPE => REUSABLE.cast_signed(),
        STATUS if sync.lock().is_signalled => SIGNALED,
        STATUS => UNSIGNALED,
        _ => refuse!(function, BAD_ATTRIBUTE, "there is no attribute {name:#x}"),
    })
}

/// Ends the sync objects of a display.
pub(super) fn display_gone(display: usize) {
    SYNCS.lock().retain(|_, sync| {
        let keep = sync.display != display;
        if !keep {
            sync.end();
        }
        keep
    });
}
