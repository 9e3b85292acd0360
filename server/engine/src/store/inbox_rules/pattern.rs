//! Patterns of names, and which of several rules counts.

use super::RuleRow;
use domain::ids::OrganizationId;
use std::cmp::Reverse;

/// A pattern of names: `*` stands for any text, letters count in either case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern(Vec<char>);

impl Pattern {
    /// The pattern as typed. Runs of `*` are one.
    pub fn new(typed: &str) -> Self {
        let mut letters: Vec<char> = typed.trim().to_lowercase().chars().collect();
        letters.dedup_by(|a, b| *a == '*' && *b == '*');
        Self(letters)
    }

    /// Whether a name fits.
    pub fn fits(&self, name: &str) -> bool {
        let name: Vec<char> = name.trim().to_lowercase().chars().collect();
        let pattern = &self.0;
        let (mut at, mut in_name) = (0, 0);
        // Where the last `*` stands, and how far into the name it has been stretched.
        let mut star: Option<(usize, usize)> = None;
        while in_name < name.len() {
            match pattern.get(at) {
                Some('*') => {
                    star = Some((at, in_name));
                    at += 1;
                }
                Some(letter) if *letter == name[in_name] => {
                    at += 1;
                    in_name += 1;
                }
                _ => match star {
                    Some((place, stretched)) => {
                        star = Some((place, stretched + 1));
                        at = place + 1;
                        in_name = stretched + 1;
                    }
                    None => return false,
                },
            }
        }
        pattern[at..].iter().all(|letter| *letter == '*')
    }

    /// For the order of rules: greater counts first.
    fn weight(&self) -> (bool, usize) {
        let letters = self.0.iter().filter(|letter| **letter != '*').count();
        (letters == self.0.len(), letters)
    }
}

/// Rules in the order in which they count: the first that fits a name is the one that is used.
pub(crate) fn in_order(mut rules: Vec<RuleRow>) -> Vec<(Pattern, RuleRow)> {
    rules.sort_by_key(|rule| (Reverse(Pattern::new(&rule.pattern).weight()), rule.id));
    rules.into_iter().map(|rule| (Pattern::new(&rule.pattern), rule)).collect()
}

/// The rule that counts for a name. `sender`: the organization that the sender is bound to; none: any.
pub(crate) fn chosen<'r>(rules: &'r [(Pattern, RuleRow)], sender: Option<OrganizationId>, name: &str) -> Option<&'r RuleRow> {
    rules.iter().find(|(pattern, rule)| sender.is_none_or(|own| own == rule.organization) && pattern.fits(name)).map(|(_, rule)| rule)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{
        ids::{InboxRuleId, PartnerId},
        policy::DeviceClass,
        time::Time,
    };

    #[test]
    fn a_star_stands_for_any_text_and_letters_count_in_either_case() {
        for (pattern, name, fits) in [
            ("WS-*", "ws-0001", true),
            ("ws-*", "WS-", true),
            ("ws-*", "xws-1", false),
            ("*-sql-*", "berlin-SQL-2", true),
            ("*-sql", "berlin-sql-2", false),
            ("a*b*c", "a-b-b-c", true),
            ("**", "", true),
            ("fs-01", "FS-01", true),
            ("fs-01", "fs-010", false),
            ("zürich-*", "ZÜRICH-3", true),
        ] {
            assert_eq!(Pattern::new(pattern).fits(name), fits, "{pattern} {name}");
        }
    }

    fn rule(id: i64, pattern: &str, organization: i64) -> RuleRow {
        RuleRow {
            id: InboxRuleId(id),
            partner: PartnerId(1),
            pattern: pattern.into(),
            organization: OrganizationId(organization),
            class: DeviceClass::Server,
            policy: None,
            tags: Vec::new(),
            created_at: Time(0),
            used: 0,
        }
    }

    #[test]
    fn the_most_specific_rule_counts_and_of_equals_the_older_one() {
        let rules = in_order(vec![rule(1, "*", 1), rule(2, "ws-*", 1), rule(3, "ws-0*", 2), rule(4, "ws-01", 3), rule(5, "*ws-", 4)]);
        let chosen = |sender: Option<i64>, name: &str| chosen(&rules, sender.map(OrganizationId), name).map(|r| r.id.0);
        assert_eq!(chosen(None, "ws-01"), Some(4));
        assert_eq!(chosen(None, "ws-02"), Some(3));
        assert_eq!(chosen(None, "ws-12"), Some(2));
        assert_eq!(chosen(None, "ws-"), Some(2), "as many letters as the younger one");
        assert_eq!(chosen(None, "db"), Some(1));
        assert_eq!(chosen(Some(1), "ws-01"), Some(2), "a sender of an organization meets that organization's rules only");
        assert_eq!(chosen(Some(9), "ws-01"), None);
    }
}
