//! Which devices need a look first, as a number in SQL: the order of the console's list. Nowhere else.
//!
//! Critical ones, warnings, those of which nothing is known, healthy ones, each from the lowest score up; then those that count as paused,
//! also through a deactivated client: nobody waits for these. The index `device_state_need` holds this very expression.

use domain::health::Band;

/// Over `device_state s`. Changed here, it is found by no index.
pub(super) const NEED: &str = "CASE WHEN s.life = 'paused' THEN 500 WHEN s.score = 0 THEN 200 WHEN s.score < 70 THEN s.score \
     WHEN s.score < 90 THEN s.score + 100 ELSE s.score + 300 END";

/// Where those stand that count as paused.
pub(super) const PAUSED: i64 = 500;

/// Where a band stands: first and last.
pub(super) fn range(band: Band) -> (i64, i64) {
    let begin = match band {
        Band::Critical => 0,
        Band::Warning => 100,
        Band::Unknown => 200,
        Band::Healthy => 300,
    };
    let (low, high) = band.range();
    (begin + i64::from(low), begin + i64::from(high))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bands_stand_apart_the_most_urgent_first_and_all_before_what_is_paused() {
        let order = [Band::Critical, Band::Warning, Band::Unknown, Band::Healthy];
        assert!(order.windows(2).all(|pair| range(pair[0]).1 < range(pair[1]).0));
        assert!(order.iter().all(|band| range(*band).0 <= range(*band).1 && range(*band).1 < PAUSED));
    }
}
