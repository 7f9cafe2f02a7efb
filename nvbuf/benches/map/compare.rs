//! Raw calls and guards in turns, so that what disturbs the machine disturbs both alike.

use std::hint::black_box;
use std::time::Instant;

use super::{CASES, surface};

/// How often each has its turn.
const TURNS: usize = 1001;

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Nanoseconds of one run, of so many.
fn time(runs: u32, mut run: impl FnMut()) -> f64 {
    let start = Instant::now();
    (0..runs).for_each(|_| run());
    start.elapsed().as_nanos() as f64 / f64::from(runs)
}

/// Prints the medians of each case and the median of what a guard took more than the raw calls of the
/// same turn.
pub(super) fn print(name: &str, runs: u32) {
    let (mut surface, pointer) = surface();
    for case in &CASES {
        let (mut raws, mut guards, mut more) = (Vec::new(), Vec::new(), Vec::new());
        for turn in 0..TURNS {
            let raw = || time(runs, || (case.raw)(black_box(pointer)));
            let mut guard = || time(runs, || (case.guard)(black_box(&mut surface)));
            // Each is first as often as second.
            let (raw, guard) = match turn % 2 {
                0 => (raw(), guard()),
                _ => {
                    let guard = guard();
                    (raw(), guard)
                }
            };
            raws.push(raw);
            guards.push(guard);
            more.push(guard - raw);
        }
        let (raw, guard, more) = (median(raws), median(guards), median(more));
        println!(
            "{name}, {}: raw {raw:.0} ns, guard {guard:.0} ns; guard overhead: {more:.0} ns ({:.1} %)",
            case.name,
            100.0 * more / raw
        );
    }
}
