//! Who still uses a buffer when it is destroyed: nobody should.

#![forbid(unsafe_code)]

use std::sync::atomic::Ordering::SeqCst;

use super::buffer::Buffer;
use crate::functions::Function;
use crate::rule::Rule;

impl Buffer {
    /// Says who uses a buffer that is destroyed: nobody should.
    pub(crate) fn report_users(&self, function: Function) {
        let fd = self.fd();
        if self.is_closed() {
            crate::log::violation(
                Rule::FdAfterClose,
                format_args!("{function:?}: the program closed fd {fd}"),
            );
        }
        if (0..self.num_planes()).any(|plane| self.is_mapped(plane)) {
            crate::log::violation(
                Rule::DestroyWhileMapped,
                format_args!("{function:?}: fd {fd} is still mapped"),
            );
        }
        let images = self.images.load(SeqCst);
        if images > 0 {
            crate::log::violation(
                Rule::DestroyWithEglImage,
                format_args!("{function:?}: fd {fd} still has {images} EGLImage(s)"),
            );
        }
        let registrations = self.region.registrations.load(SeqCst);
        if registrations > 0 {
            crate::log::violation(
                Rule::DestroyWhileRegistered,
                format_args!(
                    "{function:?}: fd {fd} still has {registrations} CUDA registration(s)"
                ),
            );
        }
        if self.region.is_busy() {
            crate::log::violation(
                Rule::DestroyWhileBusy,
                format_args!("{function:?}: GPU work on fd {fd} is not finished"),
            );
        }
    }
}
