#![forbid(unsafe_code)]

/// Numbers that are not known beforehand.
#[derive(Debug)]
pub enum Numbers<'a> {
    /// At random (xorshift): the same ones for the same seed everywhere. Never 0, of which nothing else comes.
    Random(u64),
    /// Those of a fuzzer, zeros after them.
    Bytes(&'a [u8]),
}

impl Numbers<'_> {
    /// Any number.
    pub fn word(&mut self) -> u64 {
        match self {
            Self::Random(state) => {
                *state ^= *state << 13;
                *state ^= *state >> 7;
                *state ^= *state << 17;
                *state
            }
            Self::Bytes(bytes) => {
                let mut word = [0; 8];
                let (first, rest) = bytes.split_at(bytes.len().min(8));
                word[..first.len()].copy_from_slice(first);
                *bytes = rest;
                u64::from_le_bytes(word)
            }
        }
    }

    /// One of so many, at most 65,536.
    pub fn below(&mut self, limit: usize) -> usize {
        let number = match self {
            Self::Random(_) => self.word(),
            Self::Bytes(bytes) => {
                let count = bytes.len().min(if limit > 256 { 2 } else { 1 });
                let (first, rest) = bytes.split_at(count);
                *bytes = rest;
                first
                    .iter()
                    .fold(0, |all, byte| all << 8 | u64::from(*byte))
            }
        };
        (number % limit as u64) as usize
    }

    /// One that breaks things, or any.
    pub fn number(&mut self) -> u64 {
        match self.below(10) {
            0 => 0,
            1 => 1,
            2 => u64::MAX,
            3 => u64::from(u32::MAX),
            4 => 1 << 31,
            5 => (1 << 31) - 1,
            6 => self.word() % 64,
            7 => 1 << self.below(64),
            8 => self.word() % 5000,
            _ => self.word(),
        }
    }

    /// Whether a fuzzer's are used up.
    pub fn are_over(&self) -> bool {
        matches!(self, Self::Bytes([]))
    }
}

#[cfg(test)]
mod tests {
    use super::Numbers;

    #[test]
    fn a_fuzzers_bytes_are_all_used_and_end_in_zeros() {
        let mut numbers = Numbers::Bytes(&[7, 1, 2, 1, 0, 0, 0, 0, 0, 0, 0, 9]);
        assert_eq!((numbers.below(5), numbers.below(1000)), (2, 258));
        assert_eq!((numbers.word(), numbers.word()), (1, 9));
        assert!(numbers.are_over());
        assert_eq!((numbers.word(), numbers.below(300)), (0, 0));
    }

    #[test]
    fn the_same_seed_gives_the_same() {
        let three = |seed| {
            let mut numbers = Numbers::Random(seed);
            [0; 3].map(|_| numbers.word())
        };
        assert_eq!(three(5), three(5));
        assert_ne!(three(5), three(7));
        assert!(!Numbers::Random(1).are_over());
    }
}
