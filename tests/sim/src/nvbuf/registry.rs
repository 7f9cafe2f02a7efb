//! The buffers that are alive, by fd.

#![forbid(unsafe_code)]

use std::backtrace::Backtrace;
use std::collections::BTreeMap;
use std::ffi::c_int;
use std::sync::{Arc, Mutex, MutexGuard};

use super::buffer::Buffer;
use super::fd;
use crate::region::Region;
use crate::rule::Rule;

static BUFFERS: Mutex<BTreeMap<c_int, Arc<Buffer>>> = Mutex::new(BTreeMap::new());

fn buffers() -> MutexGuard<'static, BTreeMap<c_int, Arc<Buffer>>> {
    BUFFERS.lock().unwrap_or_else(|e| e.into_inner())
}

/// The live buffer of an fd.
pub(crate) fn find(fd: c_int) -> Option<Arc<Buffer>> {
    buffers().get(&fd).filter(|_| fd >= 0).cloned()
}

/// The live buffer of the file behind an fd, which may be a duplicate.
pub(crate) fn find_by_file(fd: c_int) -> Option<Arc<Buffer>> {
    let id = Some(fd::file_id(fd)?);
    let buffers = buffers();
    let own = buffers.get(&fd).filter(|buffer| buffer.file_id() == id);
    let found = own.or_else(|| buffers.values().find(|b| b.fd() >= 0 && b.file_id() == id));
    found.cloned()
}

/// The live buffer without a dmabuf at an address.
pub(crate) fn find_at(address: usize) -> Option<Arc<Buffer>> {
    let buffers = buffers();
    let found = buffers.values().find(|b| b.data_address() == Some(address));
    found.cloned()
}

/// The live buffer of a region, if it is the only one in it.
pub(crate) fn find_by_region(region: &Region) -> Option<Arc<Buffer>> {
    let buffers = buffers();
    let found = buffers
        .values()
        .find(|b| std::ptr::eq(&raw const *b.region, region));
    found.cloned()
}

/// Shows every live buffer, with who made it if that is known.
pub(crate) fn each_alive(mut show: impl FnMut(&Buffer, Option<&Backtrace>)) {
    let buffers = buffers();
    buffers
        .values()
        .for_each(|buffer| show(buffer, buffer.born.as_deref()));
}

/// Enters a new buffer under its number.
pub(super) fn add(buffer: &Arc<Buffer>) {
    let number = buffer.fd();
    let before = buffers().insert(number, Arc::clone(buffer));
    if before.is_some() {
        crate::log::violation(
            Rule::FdAfterClose,
            format_args!(
                "fd {number} is given out again: the program closed it, and its buffer lives"
            ),
        );
    }
}

/// Takes a buffer out. Another may have its number, if the program closed the fd.
pub(super) fn remove(buffer: &Buffer) {
    let mut buffers = buffers();
    let own = buffers.get(&buffer.fd()).map(Arc::as_ptr);
    if own.is_some_and(|own| std::ptr::eq(own, buffer)) {
        // The caller holds it too: it is not dropped under the lock.
        buffers.remove(&buffer.fd());
    }
}
