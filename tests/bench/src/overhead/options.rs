//! What the command line asks for, and the limits.

#![forbid(unsafe_code)]

pub(crate) const USAGE: &str =
    "usage: nvmm-overhead [--turns NUMBER] [--frames NUMBER] [--slack FACTOR]";

/// Nanoseconds from a buffer to its frame.
const FRAME_NS: f64 = 300.0;
/// What anything may take, in times of what the C takes.
const RATIO: f64 = 1.1;

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Options {
    /// How often each pipeline has its turn.
    pub(crate) turns: usize,
    /// Frames of a turn.
    pub(crate) frames: u32,
    /// Factor of the limits, for machines that do other things meanwhile.
    slack: f64,
}

impl Options {
    pub(crate) fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self {
            turns: 41,
            frames: 3000,
            slack: 1.0,
        };
        while let Some(name) = arguments.next() {
            let value = arguments
                .next()
                .ok_or_else(|| format!("{name} needs a value"))?;
            let bad = || format!("{name} {value}: not what is expected");
            match name.as_str() {
                "--turns" => options.turns = value.parse().map_err(|_| bad())?,
                "--frames" => options.frames = value.parse().map_err(|_| bad())?,
                "--slack" => options.slack = value.parse().map_err(|_| bad())?,
                _ => return Err(format!("{name}: unknown")),
            }
        }
        if options.turns == 0 || options.frames == 0 || options.slack.is_nan() {
            return Err("there is at least one turn, of at least one frame".into());
        }
        Ok(options)
    }

    pub(crate) fn frame_ns(&self) -> f64 {
        FRAME_NS * self.slack
    }

    pub(crate) fn ratio(&self) -> f64 {
        RATIO * self.slack
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_options_are_read_and_checked() {
        let parse = |line: &str| Options::parse(line.split_whitespace().map(String::from));
        let options = parse("--turns 3 --frames 7 --slack 2").unwrap();
        assert_eq!((options.turns, options.frames), (3, 7));
        assert!((options.frame_ns() - 600.0).abs() < 1e-9);
        for wrong in [
            "--turns",
            "--turns 0",
            "--frames x",
            "--slack nan",
            "--what 1",
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
