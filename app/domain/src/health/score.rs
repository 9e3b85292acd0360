//! The four factors and the place inside a band (D3), in whole millionths.

use super::{Band, Factors, Score, job::TWO_DAYS};
use crate::{
    facts::Storage,
    time::{Span, Time},
};

/// All of it.
pub(super) const ONE: u32 = 1_000_000;

/// A hundredth of the 48 h in which recency runs out.
const STEP: Span = Span(TWO_DAYS.0 / 100);

impl Band {
    /// Lowest and highest score of the band.
    pub const fn range(self) -> (u8, u8) {
        match self {
            Self::Unknown => (0, 0),
            Self::Critical => (40, 69),
            Self::Warning => (70, 89),
            Self::Healthy => (90, 100),
        }
    }
}

/// Recency so long after due, exact to a millionth.
fn recency(past: Span) -> i64 {
    // 1,000,000 ÷ 48 h in ms = 10 ÷ 1,728.
    (TWO_DAYS - past).0.clamp(0, TWO_DAYS.0) * 10 / 1_728
}

/// Recency in steps of 1 %, as shown.
pub(super) fn shown_recency(past: Span) -> u32 {
    let steps = (past.0 / STEP.0).clamp(0, 100);
    ONE - u32::try_from(steps).unwrap_or(100) * 10_000
}

/// Storage: 1 up to 80 % of quota, linear to 0 at 100 %; without a quota 1.
pub(super) fn storage_factor(storage: Option<Storage>) -> u32 {
    let Some(Storage { used, quota: Some(quota) }) = storage else { return ONE };
    if quota <= 0 {
        return if used > 0 { 0 } else { ONE };
    }
    let free = i128::from(quota) - i128::from(used);
    let factor = (free * 5 * i128::from(ONE) / i128::from(quota)).clamp(0, i128::from(ONE));
    u32::try_from(factor).unwrap_or(ONE)
}

/// Above 95 % of quota.
pub(super) fn is_full(used: i64, quota: i64) -> bool {
    i128::from(used) * 20 > i128::from(quota) * 19
}

/// The score's parts: everything but recency is settled until the next change.
pub(super) struct Place {
    band: Band,
    /// 30·success + 25·restore + 10·storage, in hundredths of millionths.
    rest: i64,
}

impl Place {
    pub(super) fn new(band: Band, factors: &Factors) -> Self {
        let rest = 30 * i64::from(factors.success) + 25 * i64::from(factors.restore) + 10 * i64::from(factors.storage);
        Self { band, rest }
    }

    /// low + round(c × (high − low)).
    pub(super) fn score(&self, past_due: Option<Span>) -> Score {
        let (low, high) = self.band.range();
        let recency = past_due.map_or(i64::from(ONE), recency);
        let c = (35 * recency + self.rest) / 100;
        let above = (c * i64::from(high - low) + 500_000) / 1_000_000;
        Score(low + u8::try_from(above).unwrap_or(high - low))
    }

    /// When, as recency runs out, the shown recency or the score is another.
    pub(super) fn next(&self, due: Time, now: Time) -> Option<Time> {
        let past = now - due;
        if past >= TWO_DAYS {
            return None;
        }
        let step = due + STEP * (past.0 / STEP.0 + 1);
        let (low, high) = self.band.range();
        let width = i64::from(high - low);
        let above = i64::from(self.score(Some(past)).0 - low);
        if width == 0 || above == 0 {
            return Some(step);
        }
        // The least c, then the least recency, that still rounds to this score; then when it is gone.
        let least_c = (above * 1_000_000 - 500_000 + width - 1) / width;
        let least = (least_c * 100 - self.rest + 34).div_euclid(35);
        if least <= 0 {
            return Some(step);
        }
        let gone = TWO_DAYS - Span((least * 1_728 - 1) / 10);
        Some(step.min(due + gone))
    }
}
