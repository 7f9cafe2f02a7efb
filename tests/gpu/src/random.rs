//! Random numbers that are the same on every machine for the same seed (SplitMix64).

#![forbid(unsafe_code)]

use std::ops::RangeInclusive;

/// The generator: its whole state is one number.
#[derive(Debug)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number of the range. Not quite even, which does not matter here.
    pub(crate) fn within(&mut self, range: RangeInclusive<i64>) -> i64 {
        let (first, last) = range.into_inner();
        let span = (last - first) as u64 + 1;
        first + (self.next() % span) as i64
    }

    /// As [`Self::within`], for sizes.
    pub(crate) fn size(&mut self, range: RangeInclusive<u32>) -> u32 {
        let (first, last) = range.into_inner();
        self.within(i64::from(first)..=i64::from(last)) as u32
    }

    pub(crate) fn pick<T: Copy, const N: usize>(&mut self, of: [T; N]) -> T {
        of[(self.next() % N as u64) as usize]
    }

    pub(crate) fn coin(&mut self) -> bool {
        self.next() & 1 == 1
    }

    /// Appends so many random bytes.
    pub(crate) fn fill(&mut self, bytes: &mut Vec<u8>, count: usize) {
        let end = bytes.len() + count;
        bytes.reserve(count + 8);
        while bytes.len() < end {
            bytes.extend_from_slice(&self.next().to_le_bytes());
        }
        bytes.truncate(end);
    }
}
