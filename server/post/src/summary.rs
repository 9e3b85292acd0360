//! The monthly Backup Summary Report as mail (D7): the answer first, then the workloads with their days, then the accounts that need a look,
//! then where the whole report is. Text and HTML tell the same; the text is a good report by itself.
//!
//! Days are cells of a table, each with its letter: mail programs show no SVG, and colours alone tell nobody anything.

mod page;
mod plain;

pub use page::html;
pub use plain::text;

use domain::{
    report::{Month, days::OrganizationDay},
    saas::days::AccountDay,
};

/// Accounts that are named; the PDF has all.
pub const NAMED: usize = 20;

/// What a month was, as the mail tells it. Times are texts in the organization's zone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// The organization.
    pub organization: String,
    /// The name at the head: the partner's brand.
    pub brand: String,
    /// `#4338b8`: the partner's colour.
    pub colour: String,
    /// The partner's line at the foot.
    pub footer: String,
    /// The HTML shows the partner's logo as `cid:logo`.
    pub logo: bool,
    /// Which month.
    pub month: Month,
    /// The zone of all times and days.
    pub zone: String,
    /// When the report was made.
    pub made: String,
    /// Activated accounts.
    pub activated: u64,
    /// Deactivated accounts.
    pub deactivated: u64,
    /// Active and inactive devices.
    pub of_devices: (u64, u64),
    /// What is backed up, consolidated over all accounts; classes of devices after it.
    pub workloads: Vec<Row<OrganizationDay>>,
    /// Accounts, and devices after them.
    pub accounts: Vec<Row<AccountDay>>,
    /// How many of these are devices.
    pub devices: usize,
    /// Where the reports are in the portal.
    pub portal: String,
    /// The PDFs are attached; else the portal has them.
    pub attached: bool,
    /// Where a reader unsubscribes; none: not from this.
    pub unsubscribe: Option<String>,
    /// Somebody sends it to themselves.
    pub test: bool,
    /// How the inputs' hash begins, and where it is verified.
    pub proof: Option<(String, String)>,
}

/// A row with its days, first to last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row<Day> {
    /// A workload, an address, a device.
    pub name: String,
    /// Its last backup; empty: none.
    pub last: String,
    /// Objects in its last successful backup.
    pub objects: Option<i64>,
    /// Bytes in its last successful backup.
    pub bytes: Option<i64>,
    /// What each day was.
    pub days: Vec<Day>,
}

/// What a day is drawn as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mark {
    Best,
    Good,
    Bad,
    Off,
    None,
}

/// Days of either table.
pub(crate) trait Day: Copy {
    fn mark(self) -> Mark;
}

impl Day for OrganizationDay {
    fn mark(self) -> Mark {
        match self {
            Self::VeryHealthy => Mark::Best,
            Self::Healthy => Mark::Good,
            Self::Unhealthy => Mark::Bad,
            Self::Deactivated => Mark::Off,
            Self::NoData => Mark::None,
        }
    }
}

impl Day for AccountDay {
    fn mark(self) -> Mark {
        match self {
            Self::Healthy => Mark::Good,
            Self::Unhealthy => Mark::Bad,
            Self::Deactivated => Mark::Off,
            Self::NoData => Mark::None,
        }
    }
}

impl Mark {
    pub(crate) const ALL: [Self; 5] = [Self::Best, Self::Good, Self::Bad, Self::Off, Self::None];

    pub(crate) const fn letter(self) -> char {
        match self {
            Self::Best => 'V',
            Self::Good => 'H',
            Self::Bad => 'U',
            Self::Off => 'D',
            Self::None => '.',
        }
    }

    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Best => "Very healthy",
            Self::Good => "Healthy",
            Self::Bad => "Unhealthy",
            Self::Off => "Deactivated",
            Self::None => "No data",
        }
    }

    /// What the word means.
    pub(crate) const fn meaning(self) -> &'static str {
        match self {
            Self::Best => "all backups of the day succeeded",
            Self::Good => "backups completed; issues were made good within 24 hours",
            Self::Bad => "backups of the day did not complete",
            Self::Off => "backups were turned off",
            Self::None => "nothing was due, or the account did not exist yet",
        }
    }
}

/// The days of the month (1–31) on which backups did not complete.
pub(crate) fn bad<D: Day>(row: &Row<D>) -> Vec<usize> {
    row.days.iter().enumerate().filter(|(_, day)| day.mark() == Mark::Bad).map(|(place, _)| place + 1).collect()
}

/// A row's days in words, for who doesn't see the cells.
pub(crate) fn told<D: Day>(row: &Row<D>) -> String {
    let count = |mark: Mark| row.days.iter().filter(|day| day.mark() == mark).count();
    let told: Vec<String> = Mark::ALL
        .into_iter()
        .filter_map(|mark| Some((mark, count(mark))).filter(|(_, n)| *n > 0))
        .map(|(mark, n)| match mark {
            Mark::Bad => format!("{n} unhealthy ({})", days(&bad(row))),
            mark => format!("{n} {}", mark.word().to_lowercase()),
        })
        .collect();
    told.join(", ")
}

/// Days with those that follow one another together: `3–5, 12`.
pub(crate) fn days(of: &[usize]) -> String {
    let mut told: Vec<(usize, usize)> = Vec::new();
    for day in of {
        match told.last_mut() {
            Some((_, last)) if *last + 1 == *day => *last = *day,
            _ => told.push((*day, *day)),
        }
    }
    told.into_iter()
        .map(|(first, last)| if first == last { first.to_string() } else { format!("{first}–{last}") })
        .collect::<Vec<_>>()
        .join(", ")
}

impl Summary {
    /// The subject.
    pub fn subject(&self) -> String {
        let test = if self.test { "Test: " } else { "" };
        format!("{test}Backup Summary Report of {}, {}", self.organization, self.month.name())
    }

    /// Accounts with unhealthy days, most of them first.
    pub(crate) fn troubled(&self) -> Vec<&Row<AccountDay>> {
        let mut found: Vec<&Row<AccountDay>> = self.accounts.iter().filter(|row| !bad(row).is_empty()).collect();
        found.sort_by(|a, b| bad(b).len().cmp(&bad(a).len()).then_with(|| a.name.cmp(&b.name)));
        found
    }

    /// What is backed up, one of it and several.
    const fn nouns(&self) -> (&'static str, &'static str) {
        match (self.accounts.len() - self.devices, self.devices) {
            (_, 0) => ("account", "accounts"),
            (0, _) => ("device", "devices"),
            _ => ("account or device", "accounts and devices"),
        }
    }

    /// The answer to the first question.
    pub(crate) fn answer(&self) -> String {
        let (all, bad) = (self.accounts.len(), self.troubled().len());
        let (one, several) = self.nouns();
        match (all, bad) {
            (0, _) => "Nothing was backed up in this month.".to_owned(),
            (1, 0) => format!("No backup of the only {one} is missing."),
            (all, 0) => format!("No backup of all {all} {several} is missing."),
            (1, _) => format!("The only {one} had days on which backups did not complete."),
            (all, bad) => format!("{bad} of {all} {several} had days on which backups did not complete."),
        }
    }

    /// How many there are, in words.
    pub(crate) fn numbers(&self) -> String {
        let mut told = Vec::new();
        if self.accounts.len() > self.devices || self.devices == 0 {
            told.push(format!("{} activated and {} deactivated accounts", self.activated, self.deactivated));
        }
        if self.devices > 0 {
            told.push(format!("{} active and {} inactive devices", self.of_devices.0, self.of_devices.1));
        }
        told.join(", ")
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn sample() -> Summary {
        let mut bad = vec![AccountDay::Healthy; 30];
        bad[11] = AccountDay::Unhealthy;
        bad[12] = AccountDay::Unhealthy;
        bad[27] = AccountDay::Unhealthy;
        let row = |name: &str, days: Vec<AccountDay>| Row {
            name: name.into(),
            last: "Wed 30 Sep 2026, 23:10 CEST".into(),
            objects: Some(48_213),
            bytes: Some(7_516_192_768),
            days,
        };
        let mut mail = vec![OrganizationDay::VeryHealthy; 30];
        mail[11] = OrganizationDay::Unhealthy;
        mail[12] = OrganizationDay::Healthy;
        Summary {
            organization: "Müller & Söhne <GmbH>".into(),
            brand: "Northwind IT".into(),
            colour: "#0b5c8e".into(),
            footer: "Northwind IT, Hamburg".into(),
            logo: false,
            month: Month::of(2026, 9).unwrap_or_default(),
            zone: "Europe/Berlin".into(),
            made: "Mon 5 Oct 2026, 06:00 CEST".into(),
            activated: 3,
            deactivated: 1,
            of_devices: (0, 0),
            devices: 0,
            workloads: vec![
                Row {
                    name: "Email".into(),
                    last: "Wed 30 Sep 2026, 23:10 CEST".into(),
                    objects: Some(90_001),
                    bytes: Some(9_000_000_000),
                    days: mail,
                },
                Row { name: "OneDrive".into(), days: vec![OrganizationDay::NoData; 30], ..Row::default() },
            ],
            accounts: vec![
                row("info@mueller.example", vec![AccountDay::Healthy; 30]),
                row("kai@mueller.example", bad),
                row("old@mueller.example", vec![AccountDay::Deactivated; 30]),
            ],
            portal: "https://backup.example.com/organizations/0000000000abc/reports".into(),
            attached: true,
            unsubscribe: Some("https://backup.example.com/unsubscribe/x".into()),
            test: false,
            proof: Some(("9f86d081".into(), "https://backup.example.com/verify/9f86d081".into())),
        }
    }

    #[test]
    fn the_answer_comes_first_and_the_worst_account_before_the_others() {
        let mut summary = sample();
        assert_eq!(summary.answer(), "1 of 3 accounts had days on which backups did not complete.");
        assert_eq!(summary.troubled().first().map(|row| row.name.as_str()), Some("kai@mueller.example"));
        summary.accounts.remove(1);
        assert_eq!(summary.answer(), "No backup of all 2 accounts is missing.");
        summary.accounts.clear();
        assert_eq!(summary.answer(), "Nothing was backed up in this month.");
    }

    #[test]
    fn days_are_told_in_words_with_those_that_follow_one_another_together() {
        assert_eq!(days(&[1, 2, 3, 7, 9, 10]), "1–3, 7, 9–10");
        assert_eq!(told(&sample().accounts[1]), "27 healthy, 3 unhealthy (12–13, 28)");
    }
}
