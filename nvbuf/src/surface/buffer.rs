//! One buffer of a surface, as a handle has it.

use std::ffi::c_void;
use std::fmt;
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicPtr, AtomicU64};

use crate::descriptor::Descriptor;
use crate::map::{Claims, Key};
use crate::params::{MAX_PLANES, SurfaceParams};
use crate::view::View;

/// A buffer: its facts, a descriptor of our own, and who uses it.
#[derive(Debug)]
pub(crate) struct Buffer {
    pub(crate) params: SurfaceParams,
    pub(crate) view: View,
    /// `paramex`, which only the kernel follows. Read once: the library writes into the view's struct.
    pub(crate) params_ex: *const c_void,
    /// Shared with other handles of the buffer.
    pub(crate) claims: Arc<Claims>,
    /// What is mapped through `view`.
    pub(crate) mapped: [Mapped; MAX_PLANES],
}

impl Buffer {
    /// A buffer that was just allocated.
    pub(super) fn of_new(descriptor: &Descriptor) -> Self {
        Self::with(descriptor, Claims::of_new(Key::of(descriptor)))
    }

    /// A buffer that others may have as well.
    pub(super) fn of_foreign(descriptor: &Descriptor) -> Self {
        Self::with(descriptor, Claims::of_foreign(Key::of(descriptor)))
    }

    fn with(descriptor: &Descriptor, claims: Arc<Claims>) -> Self {
        Self {
            params: *descriptor.params(),
            view: View::of(descriptor),
            params_ex: descriptor.raw.params_ex(descriptor.family),
            claims,
            mapped: Default::default(),
        }
    }

    /// The same buffer for another handle, with nothing mapped.
    ///
    /// # Safety
    ///
    /// No call of the library on this buffer's view is under way.
    pub(super) unsafe fn another(&self) -> Self {
        Self {
            params: self.params,
            // SAFETY: by this function's contract.
            view: unsafe { self.view.another() },
            params_ex: self.params_ex,
            claims: Arc::clone(&self.claims),
            mapped: Default::default(),
        }
    }
}

/// A plane that the library has mapped through a view, and how many guards use it.
///
/// Only changed under the lock of the surface, or where `&mut` keeps others out, and the address of a
/// plane stays as long as a guard of it lives, which may read it at any time. So no order is asked of the
/// atomics: they spare a cell.
#[derive(Default)]
pub(crate) struct Mapped {
    /// 64 bits: guards that were forgotten cannot make it overflow.
    users: AtomicU64,
    address: AtomicPtr<u8>,
}

impl Mapped {
    pub(crate) fn address(&self) -> Option<NonNull<u8>> {
        NonNull::new(self.address.load(Relaxed))
    }

    /// Mapped for its first user.
    pub(crate) fn set(&self, address: NonNull<u8>) {
        self.users.store(1, Relaxed);
        self.address.store(address.as_ptr(), Relaxed);
    }

    pub(crate) fn add_user(&self) {
        self.users.store(self.users.load(Relaxed) + 1, Relaxed);
    }

    /// How many are left; none has a mapping any more.
    pub(crate) fn remove_user(&self) -> u64 {
        let left = self.users.load(Relaxed).saturating_sub(1);
        self.users.store(left, Relaxed);
        if left == 0 {
            self.address.store(std::ptr::null_mut(), Relaxed);
        }
        left
    }
}

impl fmt::Debug for Mapped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} by {}", self.address(), self.users.load(Relaxed))
    }
}
