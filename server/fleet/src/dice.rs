//! Chance from a seed: SplitMix64, the same numbers on every machine. A seed for each thing and time, so that nothing has to be
//! drawn before it. Whole numbers only: what floating point rounds is not worth a doubt.

/// A sequence of numbers that follows from its seed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Dice(u64);

const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// The seed of the `n`-th part of something.
pub(crate) fn seed(of: u64, n: u64) -> u64 {
    mix(of.wrapping_add(STEP) ^ mix(n.wrapping_mul(STEP).wrapping_add(0x0123_4567_89ab_cdef)))
}

impl Dice {
    pub(crate) fn new(of: u64, n: u64) -> Self {
        Self(seed(of, n))
    }

    pub(crate) fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(STEP);
        mix(self.0)
    }

    /// One of `0..n`; 0 for an empty range.
    pub(crate) fn below(&mut self, n: u64) -> u64 {
        // High bits times n: even enough for the few values that are asked of it.
        ((u128::from(self.number()) * u128::from(n)) >> 64) as u64
    }

    /// One of `low..=high`.
    pub(crate) fn between(&mut self, low: i64, high: i64) -> i64 {
        low + self.below((high - low).unsigned_abs() + 1).cast_signed()
    }

    /// True `n` times in ten thousand.
    pub(crate) fn in_10_000(&mut self, n: u64) -> bool {
        self.below(10_000) < n
    }

    /// A factor in per mille around 1,000, most often near it: the mean of four.
    pub(crate) fn about(&mut self, spread: i64) -> i64 {
        1_000 + (0..4).map(|_| self.between(-spread, spread)).sum::<i64>() / 4
    }

    /// One of these; none are never asked for.
    pub(crate) fn of<T: Copy>(&mut self, these: &[T]) -> T {
        these[self.below(these.len() as u64) as usize]
    }
}
