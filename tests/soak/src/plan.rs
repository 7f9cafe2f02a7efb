#![forbid(unsafe_code)]
//! What a seed means: a pipeline, and what is done to it.

use crate::random::Random;

/// A pipeline and its life.
#[derive(Debug, PartialEq)]
pub(crate) struct Plan {
    /// One, or those that nvmmoverlay has at first.
    pub(crate) inputs: Vec<Input>,
    /// nvmmoverlay's; without, the only input goes on to the outputs.
    pub(crate) mixer: Option<Mixer>,
    /// Two are behind a tee.
    pub(crate) outputs: Vec<Output>,
    pub(crate) steps: Vec<Step>,
    /// The stream ends before the pipeline stops.
    pub(crate) ends: bool,
}

/// nvmmoverlay's output.
#[derive(Debug, PartialEq)]
pub(crate) struct Mixer {
    /// Width and height, where caps fix them.
    pub(crate) size: Option<(u32, u32)>,
    pub(crate) buffers: u32,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kind {
    /// videotestsrc, uploaded by nvmmtransform.
    Pattern,
    /// [`gst_nvmm::NvmmSource`], filled by the GPU on a thread of its own.
    Application,
    /// Memory that another element made.
    Peer,
}

/// A branch from a source.
#[derive(Debug, PartialEq)]
pub(crate) struct Input {
    pub(crate) kind: Kind,
    pub(crate) is_live: bool,
    pub(crate) format: &'static str,
    pub(crate) size: (u32, u32),
    pub(crate) rate: u32,
    /// Ends after so many.
    pub(crate) frames: Option<u32>,
    /// Of the pool behind the source.
    pub(crate) buffers: u32,
    pub(crate) filters: Vec<&'static str>,
    pub(crate) queue: Queue,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Queue {
    None,
    /// So many buffers.
    Waits(u32),
    /// Drops what comes when it is full.
    LeaksNew(u32),
    /// Drops what it has.
    LeaksOld(u32),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Output {
    /// fakesink for NVMM.
    Fake { sync: bool },
    /// Downloaded by nvmmtransform.
    Memory { sync: bool, format: &'static str },
    /// appsink, and a thread that is slow and keeps samples for a while.
    Samples {
        sync: bool,
        queued: u32,
        drop: bool,
        slow: u32,
        keep: u32,
    },
    /// [`gst_nvmm::NvmmSink`], and such a thread.
    Frames {
        sync: bool,
        frames: u32,
        drop: bool,
        slow: u32,
        keep: u32,
    },
}

#[derive(Debug, PartialEq)]
pub(crate) enum Step {
    /// So many milliseconds.
    Rest(u32),
    /// Another input for nvmmoverlay.
    Add(Input),
    /// An input goes: once it is idle, or flushed.
    Remove { input: usize, flushed: bool },
    /// The stream of an input ends.
    End(usize),
    /// An input has another size.
    Resize(usize, (u32, u32)),
    /// An input lies elsewhere in the output.
    Place {
        input: usize,
        x: i32,
        y: i32,
        alpha: f64,
        zorder: u32,
    },
    /// A flushing seek to so many milliseconds.
    Seek(u32),
    /// To another state and back to PLAYING.
    State(Stop),
    /// Latency, position and duration are asked for, and downstream says that it is late.
    Ask,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Stop {
    Paused,
    Ready,
    Null,
    /// Without waiting for what was asked for before.
    Hasty,
}

impl Plan {
    pub(crate) fn new(seed: u64) -> Self {
        let random = &mut Random::new(seed);
        let mut mixer = random.percent(70).then(|| Mixer {
            size: random.percent(60).then(|| size(random)),
            buffers: random.within(2, 5) as u32,
        });
        let count = if mixer.is_some() {
            random.within(1, 4)
        } else {
            1
        };
        let inputs = (0..count).map(|_| input(random)).collect();
        let outputs: Vec<_> = (0..random.one_of(&[1, 1, 1, 2]))
            .map(|_| output(random))
            .collect();
        if let Some(mixer) = &mut mixer {
            // Each consumer may keep one until the next comes: there has to be one more.
            mixer.buffers = mixer.buffers.max(outputs.len() as u32 + 1);
        }
        let count = random.within(3, 12);
        let mut steps: Vec<_> = (0..count).map(|_| step(random, mixer.is_some())).collect();
        if outputs.len() > 1 {
            // Behind a tee a branch that is behind keeps the other from pausing, whatever the elements.
            for step in &mut steps {
                if *step == Step::State(Stop::Paused) {
                    *step = Step::State(Stop::Ready);
                }
            }
        }
        let ends = random.percent(40);
        Self {
            inputs,
            mixer,
            outputs,
            steps,
            ends,
        }
    }
}

/// Whole when it is halved three times.
fn size(random: &mut Random) -> (u32, u32) {
    (
        random.within(2, 20) as u32 * 8,
        random.within(2, 15) as u32 * 8,
    )
}

fn input(random: &mut Random) -> Input {
    let kind = random.one_of(&[Kind::Pattern, Kind::Pattern, Kind::Application, Kind::Peer]);
    let filters: &[_] = match kind {
        // Another element's memory is not written.
        Kind::Peer => &["testcopying", "testquarter", "nvmmtransform"],
        _ => &[
            "testinplace",
            "testcopying",
            "testeither",
            "testquarter",
            "nvmmtransform",
        ],
    };
    let count = random.one_of(&[0, 0, 1, 1, 2, 3]);
    let is_live = random.percent(40);
    Input {
        kind,
        is_live,
        format: match kind {
            Kind::Pattern => random.one_of(&["RGBA", "BGRx", "NV12", "I420"]),
            _ => "RGBA",
        },
        size: size(random),
        rate: random.one_of(&[25, 30, 60, 120]),
        frames: random.percent(20).then(|| random.within(0, 60) as u32),
        buffers: random.within(2, 6) as u32,
        filters: (0..count).map(|_| random.one_of(filters)).collect(),
        queue: {
            let buffers = random.within(1, 4) as u32;
            let all = [
                Queue::None,
                Queue::Waits(buffers),
                Queue::LeaksNew(buffers),
                Queue::LeaksOld(buffers),
            ];
            // What does not wait for the clock and loses what it makes is soon far ahead of it. A live
            // source is to have a buffer: without, no latency of the mixer's can be met.
            random.one_of(if is_live { &all[1..] } else { &all[..2] })
        },
    }
}

fn output(random: &mut Random) -> Output {
    let sync = random.percent(30);
    let (drop, slow, keep) = (
        random.percent(30),
        random.within(0, 20) as u32,
        random.within(0, 80) as u32,
    );
    match random.within(0, 3) {
        0 => Output::Fake { sync },
        1 => Output::Memory {
            sync,
            format: random.one_of(&["RGBA", "NV12", "I420"]),
        },
        2 => Output::Samples {
            sync,
            queued: random.within(1, 3) as u32,
            drop,
            slow,
            keep,
        },
        _ => Output::Frames {
            sync,
            frames: random.within(1, 4) as u32,
            drop,
            slow,
            keep,
        },
    }
}

fn step(random: &mut Random, is_mixed: bool) -> Step {
    let which = random.within(0, 99);
    let number = random.within(0, 7) as usize;
    match which {
        0..=24 => Step::Rest(random.within(0, 60) as u32),
        25..=36 if is_mixed => Step::Add(input(random)),
        37..=48 if is_mixed => Step::Remove {
            input: number,
            flushed: random.percent(50),
        },
        49..=53 => Step::End(number),
        54..=63 => Step::Resize(number, size(random)),
        64..=71 if is_mixed => Step::Place {
            input: number,
            x: random.within(0, 300) as i32 - 150,
            y: random.within(0, 300) as i32 - 150,
            alpha: random.within(0, 100) as f64 / 100.0,
            zorder: random.within(0, 5) as u32,
        },
        72..=81 => Step::Seek(random.within(0, 3000) as u32),
        82..=93 => {
            Step::State(random.one_of(&[Stop::Paused, Stop::Ready, Stop::Null, Stop::Hasty]))
        }
        94..=99 => Step::Ask,
        _ => Step::Rest(random.within(0, 20) as u32),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_is_a_plan() {
        for seed in 0..200 {
            assert_eq!(Plan::new(seed), Plan::new(seed), "{seed}");
        }
    }

    #[test]
    fn every_kind_of_step_and_output_comes_up() {
        let mut steps = std::collections::HashSet::new();
        let mut outputs = std::collections::HashSet::new();
        for seed in 0..500 {
            let plan = Plan::new(seed);
            assert!(!plan.inputs.is_empty() && !plan.outputs.is_empty());
            assert!(plan.mixer.is_some() || plan.inputs.len() == 1, "{plan:?}");
            steps.extend(plan.steps.iter().map(std::mem::discriminant));
            outputs.extend(plan.outputs.iter().map(std::mem::discriminant));
        }
        assert_eq!((steps.len(), outputs.len()), (9, 4));
    }
}
