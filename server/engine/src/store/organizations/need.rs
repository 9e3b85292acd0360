//! Who needs a look first: the order of clients, in SQL and in words. Nowhere else.
//!
//! More critical devices before fewer; of equals, more devices in breach of the service level; then more warnings, then more
//! unknown ones. A deactivated client needs nothing. Each number has four digits of one key, the weightier on the left, so that
//! one number sorts and pages; from 9,999 on they count as 9,999. The name, then the id, settle what is left.

use domain::live::CountsNow;

/// Most devices of a kind that the key tells apart.
const MOST: i64 = 9_999;

/// How much a client needs a look: the greater, the sooner. 0: nothing is wrong, or nobody wants to know.
pub const fn need(counts: &CountsNow, is_activated: bool) -> i64 {
    if !is_activated {
        return 0;
    }
    let digits = [counts.critical, counts.in_breach, counts.warning, counts.unknown];
    let mut key = 0;
    let mut place = 0;
    while place < digits.len() {
        let n = if digits[place] > MOST { MOST } else { digits[place] };
        key = key * (MOST + 1) + n;
        place += 1;
    }
    key
}

/// The same as an expression over `organizations o` and `organization_counts c` (which may have no row), turned round: the most
/// needing is the least, as the order of every list is ascending.
pub(super) fn least_first() -> String {
    let digit = |column: &str| format!("(CASE WHEN COALESCE(c.{column}, 0) > {MOST} THEN {MOST} ELSE COALESCE(c.{column}, 0) END)");
    let [critical, in_breach, warning, unknown] = ["critical", "in_breach", "warning", "unknown"].map(digit);
    format!(
        "(CASE WHEN o.status = 'activated' THEN -({critical} * 1000000000000 + {in_breach} * 100000000 + {warning} * 10000 + {unknown}) ELSE 0 END)"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(critical: i64, in_breach: i64, warning: i64, unknown: i64) -> CountsNow {
        CountsNow { critical, in_breach, warning, unknown, ..CountsNow::default() }
    }

    #[test]
    fn one_critical_device_counts_before_any_number_of_lesser_troubles() {
        assert!(need(&counts(1, 0, 0, 0), true) > need(&counts(0, 20_000, 20_000, 20_000), true));
        assert!(need(&counts(0, 1, 0, 0), true) > need(&counts(0, 0, 20_000, 20_000), true));
        assert!(need(&counts(0, 0, 1, 0), true) > need(&counts(0, 0, 0, 20_000), true));
        assert!(need(&counts(2, 0, 0, 0), true) > need(&counts(1, 5, 5, 5), true));
        assert_eq!(need(&counts(0, 0, 0, 0), true), 0);
    }

    #[test]
    fn a_deactivated_client_needs_nothing() {
        assert_eq!(need(&counts(7, 7, 7, 7), false), 0);
    }
}
