//! The frames that a consumer has, and the connection that they keep.

use std::fmt;
use std::ptr::NonNull;
use std::sync::{Arc, Mutex, MutexGuard};

use super::MAX_IN_FLIGHT;
use super::connection::Connection;
use super::leftovers::{self, Entry};
use crate::copy::Pending;
use crate::error::{check, report};
use crate::objects::{Objects, first};
use crate::sys::{CUgraphicsResource, CUgraphicsResource_st, PFN_cuEGLStreamConsumerReleaseFrame};
use crate::{Context, Error, Result, Stream};

const RELEASE: &str = "cuEGLStreamConsumerReleaseFrame";

/// A consumer's end with the frames that it has. Lives as long as the consumer or one of the frames.
pub(super) struct Link {
    slots: [Slot; MAX_IN_FLIGHT],
    connection: Connection,
    stream: Stream,
    release: PFN_cuEGLStreamConsumerReleaseFrame,
    /// What a producer left to this consumer; `None` when the end came.
    entry: Option<Entry>,
}

/// Room for one frame.
struct Slot {
    state: Mutex<State>,
    objects: Objects,
    pending: Pending,
}

/// # Invariants
///
/// `resource` is acquired and not released. Without one there are no holds to come; without holds it
/// waits for another try to release it.
#[derive(Default)]
struct State {
    resource: Option<NonNull<CUgraphicsResource_st>>,
    holds: usize,
}

// SAFETY: the resource's handle belongs to no thread.
unsafe impl Send for State {}

/// A frame that the consumer has. The last clone releases it.
///
/// # Invariants
///
/// It is counted in the slot of this number, whose frame is acquired, or released by this hold alone.
pub(crate) struct Hold {
    link: Arc<Link>,
    slot: usize,
}

impl Slot {
    fn new(context: &Context) -> Self {
        Self {
            state: Mutex::default(),
            objects: Objects::default(),
            pending: Pending::new(context),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Each step leaves the state right, so a panic elsewhere does not spoil it.
        self.state.lock().unwrap_or_else(|e| e.into_inner())
    }
}

impl Link {
    pub(super) fn new(
        connection: Connection,
        stream: Stream,
        release: PFN_cuEGLStreamConsumerReleaseFrame,
    ) -> Self {
        Self {
            slots: std::array::from_fn(|_| Slot::new(connection.context())),
            entry: Some(leftovers::enter(connection.stream())),
            connection,
            stream,
            release,
        }
    }

    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    pub(super) fn stream(&self) -> &Stream {
        &self.stream
    }

    /// How many frames are held.
    pub(super) fn num_held(&self) -> usize {
        self.slots.iter().filter(|s| s.lock().holds > 0).count()
    }

    /// A slot without a frame; `None` if there is none. Tries again what could not be released.
    pub(super) fn free_slot(&self) -> Option<usize> {
        let mut free = None;
        for (index, slot) in self.slots.iter().enumerate() {
            let mut state = slot.lock();
            if state.holds == 0 && state.resource.is_some() {
                // Its failure was told of, and is seen in frames that the producer does not get.
                let _ = self.release(slot, &mut state, &self.stream);
            }
            if state.resource.is_none() && state.holds == 0 && free.is_none() {
                free = Some(index);
            }
        }
        free
    }

    /// Takes a frame that the driver gave into a slot that [`Link::free_slot`] gave.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument): a null resource, or one that is
    /// held already.
    ///
    /// # Safety
    ///
    /// `resource` is null or what the driver acquired for this consumer, and nobody else fills the slot.
    pub(super) unsafe fn hold(
        self: &Arc<Self>,
        call: &'static str,
        slot: usize,
        resource: CUgraphicsResource,
    ) -> Result<Hold> {
        let resource = NonNull::new(resource)
            .ok_or_else(|| Error::argument(call, "the driver gave a null resource"))?;
        let is_held = |slot: &Slot| slot.lock().resource == Some(resource);
        if self.slots.iter().any(is_held) {
            return Err(Error::argument(
                call,
                "the driver gave a frame that is held already",
            ));
        }
        *self.slots[slot].lock() = State {
            resource: Some(resource),
            holds: 1,
        };
        Ok(Hold {
            link: Arc::clone(self),
            slot,
        })
    }

    /// Gives the frame of a slot back behind the work of a stream and the copies of it, after its surface and
    /// texture objects.
    fn release(&self, slot: &Slot, state: &mut State, stream: &Stream) -> Result<()> {
        let Some(resource) = state.resource else {
            return Ok(());
        };
        let context = self.connection.context();
        let _current = context.push()?;
        let mut destroyed = slot.pending.precede(stream);
        if !slot.objects.is_empty() {
            // Kernels may still use them.
            destroyed = first(destroyed, stream.synchronize());
            destroyed = first(destroyed, slot.objects.destroy(context));
        }
        let mut connection = self.connection.as_raw();
        let mut on = stream.as_raw();
        // SAFETY: the consumer is connected as long as this object lives and its context is current; by
        // the type invariant the resource is acquired, and the stream is live.
        let code = unsafe { (self.release)(&raw mut connection, resource.as_ptr(), &raw mut on) };
        let released = check(context.driver(), RELEASE, code);
        if released.is_ok() {
            state.resource = None;
        }
        first(destroyed, released)
    }

    /// Disconnects. No frame is held any more.
    ///
    /// # Errors
    ///
    /// The driver's first error; others are logged. The end is over either way.
    pub(super) fn end(&mut self) -> Result<()> {
        let Some(entry) = self.entry.take() else {
            return Ok(());
        };
        let mut result = Ok(());
        for slot in &self.slots {
            result = first(result, self.release(slot, &mut slot.lock(), &self.stream));
        }
        let disconnected = self.connection.disconnect();
        let is_over = disconnected.is_ok();
        entry.leave(self.connection.context(), is_over);
        first(result, disconnected)
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        if let Err(error) = self.end() {
            report(&error);
        }
    }
}

impl Hold {
    fn slot(&self) -> &Slot {
        &self.link.slots[self.slot]
    }

    /// The handle of the frame; null when it is released.
    pub(super) fn as_raw(&self) -> CUgraphicsResource {
        let resource = self.slot().lock().resource;
        resource.map_or(std::ptr::null_mut(), NonNull::as_ptr)
    }

    /// Releases the frame behind the work of a stream, if nobody holds it but its guard: by this hold and by
    /// that of the guard's `CudaFrame`.
    ///
    /// # Errors
    ///
    /// The stream is of another context, there are other holds, or the driver's error. The frame then
    /// goes with its last hold.
    pub(super) fn release(&self, stream: &Stream) -> Result<()> {
        const CALL: &str = "AcquiredFrame::release";
        const OF_GUARD: usize = 2;
        self.link.connection.check_stream(CALL, stream)?;
        let slot = self.slot();
        let mut state = slot.lock();
        if state.holds > OF_GUARD {
            return Err(Error::argument(
                CALL,
                format!(
                    "{} clones of its CudaFrame are alive: drop them first, or the last of them \
                     releases it on the consumer's own stream",
                    state.holds - OF_GUARD
                ),
            ));
        }
        self.link.release(slot, &mut state, stream)
    }

    /// The surface and texture objects of the frame.
    pub(crate) fn objects(&self) -> &Objects {
        &self.slot().objects
    }

    /// The copies of the frame.
    pub(crate) fn pending(&self) -> &Pending {
        &self.slot().pending
    }
}

impl Clone for Hold {
    fn clone(&self) -> Self {
        self.slot().lock().holds += 1;
        Self {
            link: Arc::clone(&self.link),
            slot: self.slot,
        }
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        let slot = self.slot();
        let mut state = slot.lock();
        state.holds -= 1;
        if state.holds > 0 {
            return;
        }
        if let Err(error) = self.link.release(slot, &mut state, &self.link.stream) {
            report(&error);
        }
    }
}

impl fmt::Debug for Hold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hold")
            .field("connection", &self.link.connection)
            .field("slot", &self.slot)
            .finish()
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link")
            .field("connection", &self.connection)
            .field("held", &self.num_held())
            .finish_non_exhaustive()
    }
}
