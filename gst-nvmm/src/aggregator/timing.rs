#![forbid(unsafe_code)]
//! Which input frame belongs to which output frame. Pure arithmetic on running times.

use gst::ClockTime;

/// The output's clock: frame `n` starts at `origin + n * seconds per frame`, without drift.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct OutputClock {
    origin: ClockTime,
    rate: gst::Fraction,
    frames: u64,
}

impl OutputClock {
    /// Frame 0 starts at `origin`; a rate of 0/1 (variable) counts as 30/1.
    pub(super) fn new(origin: ClockTime, rate: gst::Fraction) -> Self {
        Self {
            origin,
            rate: known(rate),
            frames: 0,
        }
    }

    /// Whether it counts at this rate.
    pub(super) fn has_rate(&self, rate: gst::Fraction) -> bool {
        self.rate == known(rate)
    }

    /// When the next frame starts and ends.
    pub(super) fn next(&self) -> (ClockTime, ClockTime) {
        (self.at(self.frames), self.at(self.frames + 1))
    }

    /// How long the next frame is.
    pub(super) fn length(&self) -> ClockTime {
        let (start, end) = self.next();
        end.saturating_sub(start)
    }

    pub(super) fn advance(&mut self) {
        self.frames += 1;
    }

    /// Moves on to the frame during which `time` is, if that is later.
    pub(super) fn skip_to(&mut self, time: ClockTime) {
        let behind = time.nseconds().saturating_sub(self.origin.nseconds());
        let second = u128::from(ClockTime::SECOND.nseconds());
        let (n, d) = (self.rate.numer() as u128, self.rate.denom() as u128);
        let frame = u128::from(behind) * n / (second * d);
        let frame = u64::try_from(frame).unwrap_or(u64::MAX).min(u64::MAX - 2);
        // Frames start at rounded times: where `time` is such a start, the division is one short.
        let frame = frame + u64::from(self.at(frame + 1) <= time);
        self.frames = self.frames.max(frame);
    }

    fn at(&self, frame: u64) -> ClockTime {
        let second = ClockTime::SECOND.nseconds();
        let (n, d) = (self.rate.numer() as u128, self.rate.denom() as u128);
        let time = u128::from(frame) * u128::from(second) * d / n;
        self.origin.saturating_add(ClockTime::from_nseconds(
            u64::try_from(time).unwrap_or(u64::MAX - 1),
        ))
    }
}

/// A rate of 0/1 (variable) counts as 30/1.
fn known(rate: gst::Fraction) -> gst::Fraction {
    if rate.numer() > 0 && rate.denom() > 0 {
        rate
    } else {
        gst::Fraction::new(30, 1)
    }
}

/// What an input's next queued frame is, seen from one output frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    /// It ended before the output frame starts.
    Past,
    /// It is the one to show.
    Now,
    /// Its time is yet to come.
    Later,
}

/// Places an input frame against an output frame.
pub(super) fn due(input: (ClockTime, ClockTime), output: (ClockTime, ClockTime)) -> Due {
    if input.0 >= output.1 {
        Due::Later
    } else if input.1 <= output.0 {
        Due::Past
    } else {
        Due::Now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(ms: u64) -> ClockTime {
        ClockTime::from_mseconds(ms)
    }

    #[test]
    fn frames_do_not_drift() {
        let mut clock = OutputClock::new(ClockTime::ZERO, gst::Fraction::new(30000, 1001));
        for _ in 0..30000 {
            clock.advance();
        }
        assert_eq!(clock.next().0, ClockTime::from_seconds(1001));
    }

    #[test]
    fn a_variable_rate_is_thirty() {
        let clock = OutputClock::new(ms(5), gst::Fraction::new(0, 1));
        assert_eq!(clock.next().0, ms(5));
        assert_eq!(clock.next().1.mseconds(), 38);
    }

    #[test]
    fn skipping_goes_forward_only() {
        let mut clock = OutputClock::new(ClockTime::ZERO, gst::Fraction::new(25, 1));
        clock.skip_to(ms(100));
        assert_eq!(clock.next(), (ms(80), ms(120)));
        clock.skip_to(ms(10));
        assert_eq!(clock.next(), (ms(80), ms(120)));
    }

    #[test]
    fn skipping_to_the_start_of_a_frame_gets_there() {
        for (n, d) in [(30, 1), (60, 1), (30000, 1001), (24000, 1001), (7, 3)] {
            let clock = OutputClock::new(ms(7), gst::Fraction::new(n, d));
            for frame in 0..1000 {
                let (start, end) = (clock.at(frame), clock.at(frame + 1));
                for time in [start, end - ClockTime::from_nseconds(1)] {
                    let mut skipped = clock;
                    skipped.skip_to(time);
                    assert_eq!(skipped.next(), (start, end), "{n}/{d}: {time}");
                }
            }
        }
    }

    #[test]
    fn an_input_frame_is_past_now_or_later() {
        let output = (ms(40), ms(80));
        assert_eq!(due((ms(0), ms(40)), output), Due::Past);
        assert_eq!(due((ms(0), ms(41)), output), Due::Now);
        assert_eq!(due((ms(79), ms(90)), output), Due::Now);
        assert_eq!(due((ms(80), ms(120)), output), Due::Later);
    }
}
