//! What engines do with a buffer, and in which order.

#![forbid(unsafe_code)]

use super::buffer::NvBuffer;
use super::map_table::busy;
use super::sync_point::SyncPoint;
use crate::error::Result;
use crate::map::Access;
use crate::params::MAX_PLANES;

/// Who uses all planes of a buffer by an engine.
#[derive(Debug, Default)]
pub(super) struct Engines {
    /// Calls that wait, or are about to start.
    readers: u64,
    writer: bool,
    /// Transforms that were started, in their order. It keeps its memory.
    pending: Vec<Started>,
    last: u64,
}

#[derive(Clone, Copy, Debug)]
struct Started {
    number: u64,
    access: Access,
    point: SyncPoint,
}

/// A transform that was started, to its buffer.
#[derive(Debug)]
pub(super) struct Ticket(u64);

fn exclude(one: Access, other: Access) -> bool {
    one == Access::Write || other == Access::Write
}

impl Engines {
    /// Whether an engine is at work, or nobody knows that it is not.
    pub(super) fn are_at_work(&self) -> bool {
        self.writer || self.readers > 0 || !self.pending.is_empty()
    }

    /// The use that keeps out another one, which comes after some sync points.
    pub(super) fn in_the_way(&self, access: Access, after: &[SyncPoint]) -> Option<&'static str> {
        let is_waited_for = |use_: &Started| after.iter().any(|point| point.is(use_.point));
        let is_before = |(i, use_): (usize, &Started)| {
            // A later use that it excludes comes after it itself.
            let later = &self.pending[i + 1..];
            is_waited_for(use_)
                || later
                    .iter()
                    .any(|l| exclude(l.access, use_.access) && is_waited_for(l))
        };
        let mut pending = self.pending.iter().enumerate();
        let in_the_way = if self.writer {
            Some(Access::Write)
        } else if self.readers > 0 && access == Access::Write {
            Some(Access::Read)
        } else {
            pending
                .find(|(i, use_)| exclude(access, use_.access) && !is_before((*i, use_)))
                .map(|(_, use_)| use_.access)
        };
        in_the_way.map(|access| match access {
            Access::Write => {
                "is being written by a transform: wait for it (Pending), or come after its sync point \
                 (Transform::start_after)"
            }
            Access::Read => {
                "is being read by a transform: wait for it (Pending), or come after its sync point \
                 (Transform::start_after)"
            }
        })
    }

    fn begin(&mut self, access: Access) {
        match access {
            Access::Read => self.readers += 1,
            Access::Write => self.writer = true,
        }
    }

    fn end(&mut self, access: Access) {
        match access {
            Access::Read => self.readers -= 1,
            Access::Write => self.writer = false,
        }
    }

    fn start(&mut self, access: Access, point: SyncPoint) -> Ticket {
        self.last += 1;
        let number = self.last;
        self.pending.push(Started {
            number,
            access,
            point,
        });
        Ticket(number)
    }
}

/// The use of a buffer by an engine, which keeps the CPU and other engines out as it demands, until drop.
#[derive(Debug)]
#[must_use]
pub(super) struct Work<'a> {
    buffer: &'a NvBuffer<'a>,
    access: Access,
}

impl Work<'_> {
    /// Lets it last until [`NvBuffer::end_work`], and others come after its sync point.
    pub(super) fn hold(self, point: SyncPoint) -> Ticket {
        // The end of `self` takes the lock after this.
        let mut table = self.buffer.lock();
        table.engines.start(self.access, point)
    }
}

impl Drop for Work<'_> {
    fn drop(&mut self) {
        self.buffer.lock().engines.end(self.access);
    }
}

impl NvBuffer<'_> {
    /// Lets an engine use all planes, where no mapping is in the way, nor another engine that it does not
    /// come after: it would see, or spoil, half of what they do.
    pub(super) fn begin_work(
        &self,
        call: &'static str,
        access: Access,
        after: &[SyncPoint],
    ) -> Result<Work<'_>> {
        let mut table = self.lock();
        if let Some(why) = table.in_the_way(0..MAX_PLANES, access, after) {
            return Err(busy(self, call, why));
        }
        table.engines.begin(access);
        Ok(Work {
            buffer: self,
            access,
        })
    }

    /// Ends what [`Work::hold`] let last.
    pub(super) fn end_work(&self, ticket: &Ticket) {
        let mut table = self.lock();
        table.engines.pending.retain(|use_| use_.number != ticket.0);
    }
}
