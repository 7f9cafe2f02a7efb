//! Sessions of libnvbuf_utils. All have the same engine: there is nothing in them.

#![forbid(unsafe_code)]

use std::sync::Arc;

use crate::functions::Function;
use crate::nvbuf::{Refused, call, call_for, refuse};
use crate::table::Table;

/// Live sessions.
static SESSIONS: Table<()> = Table::new();

/// That a session of the caller, or none, is a live one.
pub(super) fn check(function: Function, session: usize) -> Result<(), Refused> {
    if session != 0 && SESSIONS.get(session).is_none() {
        refuse!(
            function,
            Rule::UseAfterDestroy,
            "there is no session {session:#x}: destroyed or foreign"
        );
    }
    Ok(())
}

/// `NvBufferSessionCreate`
pub(crate) extern "C" fn create() -> usize {
    let make = || Ok(SESSIONS.add(Arc::new(())));
    call_for(Function::NvBufferSessionCreate, make, |_| 0)
}

/// `NvBufferSessionDestroy`
pub(crate) extern "C" fn destroy(session: usize) {
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
