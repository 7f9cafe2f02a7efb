//! Which faults a subject gets.

#![forbid(unsafe_code)]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::errors;
use crate::injection::{Failure, Injection, Number, Pair};
use crate::record::{Place, Recorded};
use crate::subject::Program;
use crate::worker::WAYS;

/// Memory limits that are tried, from none to all that is needed.
const LIMITS: u64 = 24;

/// All delays of one run together, in microseconds.
const DELAY: u64 = 400_000;

/// Frames at which peers vanish.
const FRAMES: [u32; 3] = [1, 2, 20];

/// The calls of a place that fail, one in each process: the first, the second, one when all is settled, and all.
fn numbers(calls: u64) -> Vec<Number> {
    let mut numbers = vec![Number::Only(1)];
    if calls >= 2 {
        numbers.extend([Number::Only(2), Number::Every]);
    }
    if calls >= 4 {
        numbers.push(Number::Only((calls * 3 / 4).max(3)));
    }
    numbers
}

/// Every failure of one pair.
pub(crate) fn failures(pair: &Pair, place: &Arc<Place>) -> Vec<Failure> {
    let mut all = Vec::new();
    for number in numbers(place.calls) {
        for error in errors::of(&pair.function).unwrap_or_default() {
            all.push(Failure {
                pair: pair.clone(),
                place: Arc::clone(place),
                number,
                error: *error,
            });
        }
    }
    all
}

/// The faults of a subject. `taken` are the pairs that another case of the suite has tried: one is enough.
pub(crate) fn injections(
    program: &Program,
    recorded: &Recorded,
    taken: &mut BTreeSet<Pair>,
) -> Vec<Injection> {
    let mut all = Vec::new();
    for (pair, place) in &recorded.pairs {
        if matches!(program, Program::Case(_)) && !taken.insert(pair.clone()) {
            continue;
        }
        let failures = failures(pair, place).into_iter();
        all.extend(failures.map(|failure| Injection::Failure(failure, None)));
    }
    if let Program::Workload(workload) = program {
        all.extend(delays(&recorded.calls));
        all.extend(limits(recorded.bytes_peak));
        for name in workload.peers {
            for (way, _) in WAYS {
                let wish = |frame| Injection::Peer(format!("{way}:{name}:{frame}"));
                all.extend(FRAMES.map(wish));
            }
        }
    }
    all
}

fn delays(calls: &BTreeMap<String, u64>) -> impl Iterator<Item = Injection> + '_ {
    calls.iter().map(|(function, calls)| Injection::Delay {
        function: function.clone(),
        microseconds: (DELAY / (*calls).max(1)).clamp(500, 100_000),
    })
}

fn limits(peak: u64) -> impl Iterator<Item = Injection> {
    (1..=LIMITS).map(move |part| Injection::Memory((peak * part / (LIMITS + 1)).max(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_the_second_a_later_and_every_call_fail() {
        use Number::{Every, Only};
        assert_eq!(numbers(1), [Only(1)]);
        assert_eq!(numbers(2), [Only(1), Only(2), Every]);
        assert_eq!(numbers(4), [Only(1), Only(2), Every, Only(3)]);
        assert_eq!(numbers(40), [Only(1), Only(2), Every, Only(30)]);
    }

    #[test]
    fn every_error_of_a_function_is_tried() {
        let pair = Pair {
            function: "NvBufSurfTransform".into(),
            site: "0123456789abcdef".into(),
        };
        let place = Arc::new(Place {
            module: String::new(),
            offsets: Vec::new(),
            calls: 1,
        });
        let texts: Vec<_> = failures(&pair, &place)
            .iter()
            .map(Failure::to_string)
            .collect();
        let expected =
            [-1, -2, -3, -4].map(|error| format!("NvBufSurfTransform@0123456789abcdef:1:{error}"));
        assert_eq!(texts, expected);
    }

    #[test]
    fn a_case_does_not_try_what_another_has_tried() {
        let pair = Pair {
            function: "cuInit".into(),
            site: "0123456789abcdef".into(),
        };
        let place = Arc::new(Place {
            module: String::new(),
            offsets: Vec::new(),
            calls: 1,
        });
        let recorded = Recorded {
            pairs: BTreeMap::from([(pair, place)]),
            ..Recorded::default()
        };
        let (case, mut taken) = (Program::Case("a.b".into()), BTreeSet::new());
        assert!(!injections(&case, &recorded, &mut taken).is_empty());
        assert!(injections(&case, &recorded, &mut taken).is_empty());
    }
}
