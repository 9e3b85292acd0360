//! A figure of a run beside what is usual for its job.

/// Words for a figure against the median of the runs before it; `shown` makes words of an amount.
pub fn compared(value: i64, usual: i64, shown: impl Fn(i64) -> String) -> String {
    if usual <= 0 {
        return if value <= 0 { String::new() } else { format!("usually {}", shown(usual)) };
    }
    let percent = i128::from(value) * 100 / i128::from(usual);
    let usual = shown(usual);
    match percent {
        90..=110 => format!("as usual ({usual})"),
        ..90 => format!("{} % less than usual ({usual})", 100 - percent),
        111..200 => format!("{} % more than usual ({usual})", percent - 100),
        _ => format!("{}.{} times the usual {usual}", percent / 100, percent % 100 / 10),
    }
}

/// How far from usual it is: `far` is worth a look.
pub fn is_far(value: i64, usual: i64) -> bool {
    usual > 0 && (i128::from(value) * 5 < i128::from(usual) || i128::from(value) > i128::from(usual) * 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_told_against_what_is_usual() {
        let words = |value, usual| compared(value, usual, |n| n.to_string());
        assert_eq!(words(100, 100), "as usual (100)");
        assert_eq!(words(109, 100), "as usual (100)");
        assert_eq!(words(40, 100), "60 % less than usual (100)");
        assert_eq!(words(150, 100), "50 % more than usual (100)");
        assert_eq!(words(250, 100), "2.5 times the usual 100");
        assert_eq!(words(0, 0), "");
        assert_eq!(words(7, 0), "usually 0");
        assert!(is_far(19, 100) && is_far(301, 100) && !is_far(20, 100) && !is_far(300, 100) && !is_far(5, 0));
    }
}
