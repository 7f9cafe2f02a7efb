//! CPU time per frame, beside that of plain copies.

use std::fmt;
use std::hint::black_box;
use std::mem::MaybeUninit;
use std::time::{Duration, Instant};

use crate::options::Options;
use crate::pictures::picture;
use crate::pipeline::{Nvmm, OVERLAY};

/// Frames before the first that counts: pools fill, surfaces are registered.
const WARM_UP: u32 = 30;

/// Milliseconds of CPU time per frame.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cost {
    frames: u32,
    /// The whole process, with the appsrc and appsink that stand for source and encoder.
    pub(crate) nvmm: f64,
    /// Copying the pixels of both inputs and of the output once.
    copies: f64,
    wall: f64,
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "frames                    {:>8}", self.frames)?;
        writeln!(f, "CPU ms a frame            {:>8.2}", self.nvmm)?;
        writeln!(f, "plain copies, ms a frame  {:>8.2}", self.copies)?;
        writeln!(
            f,
            "ratio                     {:>8.2}",
            self.nvmm / self.copies
        )?;
        write!(f, "ms between frames         {:>8.2}", self.wall)
    }
}

pub(crate) fn measure(options: &Options) -> Result<Cost, String> {
    let mut nvmm = Nvmm::start(options)?;
    let copies = copies(options);
    for _ in 0..WARM_UP {
        nvmm.push()?;
        nvmm.pull()?;
    }
    let (cpu, wall) = (cpu_time(), Instant::now());
    // One frame ahead: the stages overlap, as they do in a stream.
    nvmm.push()?;
    for _ in 1..options.frames {
        nvmm.push()?;
        nvmm.pull()?;
    }
    nvmm.pull()?;
    let (cpu, wall) = (cpu_time() - cpu, wall.elapsed());
    let per_frame = |time: Duration| time.as_secs_f64() * 1e3 / f64::from(options.frames);
    Ok(Cost {
        frames: options.frames,
        nvmm: per_frame(cpu),
        copies,
        wall: per_frame(wall),
    })
}

/// Milliseconds that one frame's copies take: two inputs up, one output down.
fn copies(options: &Options) -> f64 {
    let big = picture(options.width, options.height, 0);
    let small = picture(OVERLAY.0, OVERLAY.1, 0);
    let mut to = [big.clone(), small.clone(), big.clone()];
    let rounds = 50;
    let mut copy = || {
        to[0].copy_from_slice(black_box(&big));
        to[1].copy_from_slice(black_box(&small));
        to[2].copy_from_slice(black_box(&big));
        black_box(&mut to);
    };
    copy();
    let start = cpu_time();
    (0..rounds).for_each(|_| copy());
    (cpu_time() - start).as_secs_f64() * 1e3 / f64::from(rounds)
}

/// User and system time of this process so far.
pub(crate) fn cpu_time() -> Duration {
    let mut usage = MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: `usage` is memory for one `rusage`.
    unsafe { libc::getrusage(libc::RUSAGE_SELF, usage.as_mut_ptr()) };
    // SAFETY: zero is a valid `rusage`, and the call fills it in.
    let usage = unsafe { usage.assume_init() };
    [usage.ru_utime, usage.ru_stime]
        .iter()
        .map(|time| {
            Duration::from_secs(time.tv_sec.unsigned_abs())
                + Duration::from_micros(time.tv_usec.unsigned_abs())
        })
        .sum()
}
