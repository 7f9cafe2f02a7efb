#![forbid(unsafe_code)]
//! Numbers that a seed decides.

/// SplitMix64: every seed, neighbours too, has a sequence of its own.
#[derive(Debug)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// One of `from..=to`.
    pub(crate) fn within(&mut self, from: u64, to: u64) -> u64 {
        from + self.next() % (to - from + 1)
    }

    /// True so many times of a hundred.
    pub(crate) fn percent(&mut self, chance: u64) -> bool {
        self.next() % 100 < chance
    }

    /// One of several.
    pub(crate) fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[(self.next() % all.len() as u64) as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_is_a_sequence_and_ranges_are_kept() {
        let mut first = Random::new(7);
        let mut again = Random::new(7);
        let mut other = Random::new(8);
        let numbers: Vec<_> = (0..100).map(|_| first.next()).collect();
        assert!(numbers.iter().all(|number| *number == again.next()));
        assert!(numbers.iter().any(|number| *number != other.next()));
        let mut seen = [false; 3];
        for _ in 0..100 {
            seen[(first.within(4, 6) - 4) as usize] = true;
        }
        assert_eq!(seen, [true; 3]);
        assert!(!first.percent(0) && first.percent(100));
    }
}
