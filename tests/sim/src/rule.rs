//! The rules that programs are held to: their names, and how often each was broken.

#![forbid(unsafe_code)]

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

macro_rules! rules {
    ($($(#[doc = $doc:literal])* $rule:ident $name:literal,)*) => {
        /// A rule, by what breaking it is.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Rule {
            $($(#[doc = $doc])* $rule,)*
        }

        /// Every rule with its name, in the order of the enum.
        const ALL: &[(Rule, &str)] = &[$((Rule::$rule, $name),)*];
    };
}

rules! {
    // Arguments.
    /// A pointer that must not be NULL is.
    NullArgument "null-argument",
    /// An argument that no other rule names has a value that it must not have.
    BadArgument "bad-argument",
    /// The batch has no buffers.
    EmptySurface "empty-surface",
    /// There is no such buffer in the batch.
    WrongIndex "wrong-index",
    /// There is no such plane in the buffer.
    WrongPlane "wrong-plane",
    /// The call does not take this type of memory.
    WrongMemoryType "wrong-memory-type",
    /// The release has no such colour format, or the call does not take it.
    UnknownFormat "unknown-format",
    /// The pictures or batches of a copy differ, or are the same.
    CopyMismatch "copy-mismatch",
    /// A rectangle of a transform begins or ends at an odd pixel.
    UnalignedRectangle "unaligned-rectangle",
    /// Scaling by more than the VIC does: 1/16 to 16.
    VicLimit "vic-limit",

    // Which buffer.
    /// The buffer or surface was destroyed before.
    UseAfterDestroy "use-after-destroy",
    /// It was destroyed before, and is again.
    DoubleDestroy "double-destroy",
    /// It was never one of the library's, or says what its buffer is not.
    ForeignDescriptor "foreign-descriptor",
    /// The other library made it.
    WrongLibrary "wrong-library",
    /// The program closed or replaced the fd of a buffer that is alive.
    FdAfterClose "fd-after-close",
    /// The fd was not extracted, or was given back before.
    FdNotExtracted "fd-not-extracted",
    /// More than 1,024 fds are open: the most that a process has on a Jetson.
    TooManyFds "too-many-fds",

    // The CPU's side.
    /// The plane is not mapped.
    NotMapped "not-mapped",
    /// The plane is mapped elsewhere.
    WrongAddress "wrong-address",
    /// The plane is mapped so often that somebody forgets to unmap.
    MappedTooOften "mapped-too-often",
    /// The CPU looked at old pixels: the device had written, and nobody synchronised for the CPU.
    CpuReadWithoutSync "cpu-read-without-sync",
    /// The device looked at old pixels: the CPU had written, and nobody synchronised for the device.
    DeviceReadWithoutSync "device-read-without-sync",

    // The order of ends.
    /// Destroyed while a plane is mapped.
    DestroyWhileMapped "destroy-while-mapped",
    /// Destroyed while it has an EGLImage.
    DestroyWithEglImage "destroy-with-egl-image",
    /// Destroyed while it is registered with CUDA.
    DestroyWhileRegistered "destroy-while-registered",
    /// Destroyed while the GPU works on it.
    DestroyWhileBusy "destroy-while-busy",
    /// The EGLImage is still registered with CUDA.
    UnmapEglImageWhileRegistered "unmap-egl-image-while-registered",
    /// Unregistered while the GPU works on it.
    UnregisterWhileBusy "unregister-while-busy",
    /// The context is destroyed before a registration in it.
    ContextDestroyedWhileRegistered "context-destroyed-while-registered",

    // EGLImages and CUDA.
    /// There is no such EGLImage (any more).
    NoEglImage "no-egl-image",
    /// The EGLImage was made by another function, for another buffer or with another display.
    ForeignEglImage "foreign-egl-image",
    /// A buffer without a picture has no EGLImage.
    EglImageOfRawBuffer "egl-image-of-raw-buffer",
    /// A function of CUDA needs a context, and the thread has none.
    NoCurrentContext "no-current-context",
    /// A kernel got an address in a surface that is not registered.
    UnregisteredSurface "unregistered-surface",
}

static BROKEN: [AtomicU64; ALL.len()] = [const { AtomicU64::new(0) }; ALL.len()];

impl Rule {
    /// Counts that it was broken.
    pub(crate) fn count(self) {
        BROKEN[self as usize].fetch_add(1, Relaxed);
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(ALL[*self as usize].1)
    }
}

/// Every rule with how often it was broken.
pub(crate) fn all() -> impl Iterator<Item = (Rule, u64)> {
    let counts = BROKEN.iter().map(|broken| broken.load(Relaxed));
    ALL.iter().map(|(rule, _)| *rule).zip(counts)
}

/// How often the rule of a name was broken.
pub(crate) fn by_name(name: &str) -> Option<u64> {
    let number = ALL.iter().position(|(_, known)| *known == name)?;
    Some(BROKEN[number].load(Relaxed))
}

/// Sets the counts to zero.
pub(crate) fn reset() {
    BROKEN.iter().for_each(|broken| broken.store(0, Relaxed));
}
