//! The frames of an EGLStream: who has each, and which comes next.

#![forbid(unsafe_code)]

/// Frames that a producer can have presented and not got back.
pub(crate) const MAX_IN_FLIGHT: usize = 64;

/// Who has a frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Phase {
    /// The slot has no frame.
    #[default]
    Free,
    /// The stream, for the consumer.
    Pending,
    /// The consumer.
    Held,
    /// The stream, for the producer; the newest one the consumer can have again.
    Released,
}

#[derive(Debug)]
struct Slot<T> {
    phase: Phase,
    /// Frame number, from 1.
    number: u64,
    /// In which order the producer gets it back; 0 as long as it does not.
    returns: u64,
    frame: Option<T>,
}

/// The frames of a stream.
#[derive(Debug)]
pub(crate) struct Frames<T> {
    slots: [Slot<T>; MAX_IN_FLIGHT],
    /// Frames that wait for the consumer at most; 0 is a mailbox, whose newest frame replaces the other.
    length: usize,
    /// Frames ever presented: the number of the newest.
    presented: u64,
    /// The number of the latest frame that the consumer got.
    acquired: u64,
    /// Frames ever given back to the producer.
    returned: u64,
}

impl<T> Frames<T> {
    pub(crate) fn new(length: usize) -> Self {
        Self {
            slots: std::array::from_fn(|_| Slot {
                phase: Phase::Free,
                number: 0,
                returns: 0,
                frame: None,
            }),
            length,
            presented: 0,
            acquired: 0,
            returned: 0,
        }
    }

    /// Frames ever presented.
    pub(crate) fn presented(&self) -> u64 {
        self.presented
    }

    /// The number of the latest frame that the consumer got, 0 before the first.
    pub(crate) fn acquired(&self) -> u64 {
        self.acquired
    }

    fn count(&self, phase: Phase) -> usize {
        self.slots.iter().filter(|s| s.phase == phase).count()
    }

    /// Frames that wait for the consumer.
    pub(crate) fn pending(&self) -> usize {
        self.count(Phase::Pending)
    }

    /// Frames that the producer has not got back.
    pub(crate) fn in_flight(&self) -> usize {
        MAX_IN_FLIGHT - self.count(Phase::Free)
    }

    /// Whether another frame can be presented without waiting for the consumer.
    pub(crate) fn has_room(&self) -> bool {
        self.length == 0 || self.pending() < self.length
    }

    /// Whether one of the frames in flight is such.
    pub(crate) fn any(&self, is_such: impl Fn(&T) -> bool) -> bool {
        self.slots
            .iter()
            .filter_map(|s| s.frame.as_ref())
            .any(is_such)
    }

    /// Adds a frame; gives it back if too many are in flight.
    pub(crate) fn present(&mut self, frame: T) -> Result<(), T> {
        let Some(free) = self.slots.iter().position(|s| s.phase == Phase::Free) else {
            return Err(frame);
        };
        // The newest until now: it stayed while it could be had again, or is replaced.
        let newest = self.presented;
        let is_mailbox = self.length == 0;
        let last = self.slots.iter().position(|s| {
            s.number == newest
                && (s.phase == Phase::Released || is_mailbox && s.phase == Phase::Pending)
        });
        if let Some(last) = last {
            self.give_back(last);
        }
        self.presented += 1;
        self.slots[free] = Slot {
            phase: Phase::Pending,
            number: self.presented,
            returns: 0,
            frame: Some(frame),
        };
        Ok(())
    }

    /// Puts a frame in line for the producer.
    fn give_back(&mut self, slot: usize) {
        self.returned += 1;
        self.slots[slot].phase = Phase::Released;
        self.slots[slot].returns = self.returned;
    }

    /// The slot of a phase with the lowest number, of those that are wanted.
    fn first(&self, phase: Phase, wanted: impl Fn(u64) -> bool) -> Option<usize> {
        let slots = self.slots.iter().enumerate();
        slots
            .filter(|(_, s)| s.phase == phase && wanted(s.number))
            .min_by_key(|(_, s)| s.number)
            .map(|(index, _)| index)
    }

    fn hold(&mut self, slot: usize) -> usize {
        self.slots[slot].phase = Phase::Held;
        self.acquired = self.slots[slot].number;
        slot
    }

    /// Gives the consumer the next frame; its slot.
    pub(crate) fn acquire(&mut self) -> Option<usize> {
        let slot = self.first(Phase::Pending, |_| true)?;
        Some(self.hold(slot))
    }

    /// Gives the consumer the newest frame again, if it has given it back.
    pub(crate) fn acquire_again(&mut self) -> Option<usize> {
        let newest = self.presented;
        let slot = self.first(Phase::Released, |number| number == newest)?;
        Some(self.hold(slot))
    }

    /// The frame of a slot, if the consumer has it.
    pub(crate) fn held(&self, slot: usize) -> Option<&T> {
        let slot = self.slots.get(slot).filter(|s| s.phase == Phase::Held)?;
        slot.frame.as_ref()
    }

    /// Takes a frame from the consumer; `None` if it has no such. The newest stays, for a consumer that
    /// asks again; others are the producer's.
    pub(crate) fn release(&mut self, slot: usize) -> Option<()> {
        let held = self.slots.get_mut(slot)?;
        if held.phase != Phase::Held {
            return None;
        }
        held.phase = Phase::Released;
        if held.number < self.presented {
            self.give_back(slot);
        }
        Some(())
    }

    /// The frame that the producer gets back next: in the order in which they were given back.
    pub(crate) fn take_returned(&mut self) -> Option<T> {
        let slots = self.slots.iter_mut();
        let returned = slots.filter(|s| s.phase == Phase::Released && s.returns > 0);
        let slot = returned.min_by_key(|s| s.returns)?;
        slot.phase = Phase::Free;
        slot.frame.take()
    }

    /// Drops what is not in line for the producer.
    pub(crate) fn keep_returned(&mut self) {
        for slot in &mut self.slots {
            if slot.phase != Phase::Released || slot.returns == 0 {
                slot.phase = Phase::Free;
                slot.frame = None;
            }
        }
    }

    /// Drops what the consumer does not hold.
    pub(crate) fn clear(&mut self) {
        for slot in &mut self.slots {
            if slot.phase != Phase::Held {
                slot.phase = Phase::Free;
                slot.frame = None;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Acquires and gives the frame with its slot.
    fn next(frames: &mut Frames<u32>) -> Option<(usize, u32)> {
        let slot = frames.acquire()?;
        Some((slot, *frames.held(slot).unwrap()))
    }

    #[test]
    fn a_fifo_keeps_order_and_length() {
        let mut frames = Frames::new(2);
        assert_eq!(frames.present(10), Ok(()));
        assert!(frames.has_room());
        assert_eq!(frames.present(11), Ok(()));
        assert!(!frames.has_room());
        let (first, frame) = next(&mut frames).unwrap();
        assert_eq!((frame, frames.pending(), frames.in_flight()), (10, 1, 2));
        assert!(frames.has_room());
        assert_eq!(frames.take_returned(), None);
        assert!(frames.release(first).is_some() && frames.release(first).is_none());
        assert_eq!(frames.take_returned(), Some(10));
        assert_eq!((frames.presented(), frames.acquired()), (2, 1));
    }

    #[test]
    fn the_newest_frame_stays_until_there_is_a_newer_one() {
        let mut frames = Frames::new(4);
        frames.present(10).unwrap();
        let (slot, _) = next(&mut frames).unwrap();
        assert_eq!(frames.acquire_again(), None);
        frames.release(slot);
        assert_eq!(frames.take_returned(), None);
        assert_eq!(frames.acquire_again(), Some(slot));
        frames.release(slot);
        frames.present(11).unwrap();
        assert_eq!(frames.acquire_again(), None);
        assert_eq!(frames.take_returned(), Some(10));
        assert_eq!(frames.take_returned(), None);
    }

    #[test]
    fn a_mailbox_gives_replaced_frames_back() {
        let mut frames = Frames::new(0);
        for frame in [10, 11, 12] {
            frames.present(frame).unwrap();
        }
        assert_eq!(frames.pending(), 1);
        assert_eq!(
            [(); 3].map(|()| frames.take_returned()),
            [Some(10), Some(11), None]
        );
        assert_eq!(next(&mut frames).unwrap().1, 12);
        assert_eq!(frames.acquired(), 3);
    }

    #[test]
    fn frames_return_as_they_are_given_back() {
        let mut frames = Frames::new(4);
        (1..=4).for_each(|frame| frames.present(frame).unwrap());
        let slots = [(); 4].map(|()| next(&mut frames).unwrap().0);
        // The newest comes in line only when it is the newest no more.
        for slot in [3, 1, 0] {
            frames.release(slots[slot]).unwrap();
        }
        frames.present(5).unwrap();
        frames.release(slots[2]).unwrap();
        let back = [(); 5].map(|()| frames.take_returned());
        assert_eq!(back, [Some(2), Some(1), Some(4), Some(3), None]);
    }

    #[test]
    fn what_was_given_back_outlives_the_consumer() {
        let mut frames = Frames::new(4);
        (1..=4).for_each(|frame| frames.present(frame).unwrap());
        let (first, _) = next(&mut frames).unwrap();
        let (second, _) = next(&mut frames).unwrap();
        frames.release(first).unwrap();
        frames.keep_returned();
        assert_eq!((frames.in_flight(), frames.held(second)), (1, None));
        assert_eq!(
            (frames.take_returned(), frames.take_returned()),
            (Some(1), None)
        );
    }

    #[test]
    fn the_65th_is_too_many() {
        let mut frames = Frames::new(100);
        for frame in 0..64 {
            frames.present(frame).unwrap();
        }
        assert_eq!(frames.present(64), Err(64));
        assert!(frames.any(|frame| *frame == 63) && !frames.any(|frame| *frame == 64));
        let (slot, _) = next(&mut frames).unwrap();
        frames.clear();
        assert_eq!((frames.in_flight(), frames.held(slot)), (1, Some(&0)));
    }
}
