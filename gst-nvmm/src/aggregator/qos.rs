#![forbid(unsafe_code)]
//! Which output frames would come too late. Pure arithmetic on what sinks say.

use gst::ClockTime;

/// What downstream has last said of the output's pace.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Qos {
    proportion: Option<f64>,
    /// The running time before which frames are of no use.
    earliest: Option<ClockTime>,
    /// Frames made and left out since this was reset.
    done: (u64, u64),
}

impl Qos {
    /// Notes a sink's word: the frame of running time `timestamp` was `late` nanoseconds late (early, if
    /// that is negative). After a late one the next are skipped until the lateness is made up for: twice,
    /// and one frame of `length` more, to catch up; once where `is_live`, since nothing comes faster then.
    pub(super) fn update(
        &mut self,
        proportion: f64,
        late: i64,
        timestamp: Option<ClockTime>,
        length: ClockTime,
        is_live: bool,
    ) {
        self.proportion = Some(proportion);
        self.earliest = timestamp.map(|timestamp| {
            let by = ClockTime::from_nseconds(late.unsigned_abs());
            if late > 0 && is_live {
                timestamp.saturating_add(by)
            } else if late > 0 {
                timestamp
                    .saturating_add(by)
                    .saturating_add(by)
                    .saturating_add(length)
            } else {
                timestamp.saturating_sub(by)
            }
        });
    }

    /// By how many nanoseconds a frame that starts at this running time is too late, if it is.
    pub(super) fn lateness(&self, start: ClockTime) -> Option<i64> {
        let late = self.earliest?.checked_sub(start)?;
        let late = i64::try_from(late.nseconds()).unwrap_or(i64::MAX);
        (late > 0).then_some(late)
    }

    /// Counts a frame.
    pub(super) fn count(&mut self, is_dropped: bool) {
        if is_dropped {
            self.done.1 += 1;
        } else {
            self.done.0 += 1;
        }
    }

    /// Frames made and left out since the last flush or segment.
    pub(super) fn stats(&self) -> (u64, u64) {
        self.done
    }

    /// How fast downstream is, compared with what it gets; 1 while it has not said.
    pub(super) fn proportion(&self) -> f64 {
        self.proportion.unwrap_or(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(n: u64) -> ClockTime {
        ClockTime::from_mseconds(n)
    }

    #[test]
    fn nothing_is_late_before_anybody_said_so() {
        assert_eq!(Qos::default().lateness(ms(0)), None);
    }

    #[test]
    fn a_late_frame_makes_the_next_ones_late() {
        let mut qos = Qos::default();
        qos.update(1.5, 10_000_000, Some(ms(100)), ms(40), true);
        assert_eq!(qos.lateness(ms(109)), Some(1_000_000));
        assert_eq!(qos.lateness(ms(110)), None);
        qos.update(1.5, 10_000_000, Some(ms(100)), ms(40), false);
        assert_eq!(qos.lateness(ms(140)), Some(20_000_000));
        assert_eq!(qos.lateness(ms(160)), None);
        assert_eq!(qos.proportion(), 1.5);
    }

    #[test]
    fn an_early_frame_ends_that() {
        let mut qos = Qos::default();
        qos.update(1.5, 10_000_000, Some(ms(100)), ms(40), false);
        qos.update(0.5, -5_000_000, Some(ms(200)), ms(40), false);
        assert_eq!(qos.lateness(ms(180)), Some(15_000_000));
        assert_eq!(qos.lateness(ms(200)), None);
        qos.update(0.5, i64::MIN, None, ms(40), false);
        assert_eq!(qos.lateness(ms(0)), None);
    }
}
