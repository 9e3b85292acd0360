//! The weekly health summary as mail (D8): the answer first, then how many devices stand how, how backups went, what became critical, the lowest scores,
//! and how storage moved. Text and HTML tell the same; the text is a good summary by itself.
//!
//! The picture of the trend has no words in it: its numbers and days stand around it, so that they are read in the dark and without pictures.

mod page;
mod plain;

pub use page::html;
pub use plain::text;

use domain::{
    health::Band,
    text::{band_label, bytes, count, share},
};

/// Devices of a band.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InBand {
    /// Which band.
    pub band: Band,
    /// How many.
    pub now: i64,
    /// How many in the summary before; none: there was none.
    pub before: Option<i64>,
    /// Where they are listed.
    pub place: String,
}

/// Backups of a week by how they ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backups {
    /// Of the usable ones: with issues.
    pub warning: i64,
    /// Usable.
    pub usable: i64,
    /// Failed.
    pub failed: i64,
    /// Missed.
    pub missed: i64,
}

impl Backups {
    const fn due(&self) -> i64 {
        self.usable + self.failed + self.missed
    }

    /// `98.71 %`; none: nothing was due.
    fn share(&self) -> Option<String> {
        (self.due() > 0).then(|| share(u32::try_from(self.usable * 10_000 / self.due()).ok()))
    }
}

/// An alert that became critical.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Alert {
    /// Its kind, in words.
    pub kind: String,
    /// Its device, account or service.
    pub subject: String,
    /// Its organization.
    pub organization: String,
    /// When, in the partner's zone.
    pub at: String,
    /// It is resolved.
    pub resolved: bool,
    /// The fact and its number.
    pub why: String,
    /// Its page.
    pub place: String,
}

/// A device with one of the lowest scores.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Low {
    /// Its score.
    pub score: u8,
    /// Its band.
    pub band: Band,
    /// Its name.
    pub name: String,
    /// Its organization.
    pub organization: String,
    /// Why.
    pub why: String,
    /// Its page.
    pub place: String,
}

/// What a week was, as the mail tells it. Times and days are texts in the partner's zone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Weekly {
    /// The partner.
    pub partner: String,
    /// The name at the head: the partner's brand.
    pub brand: String,
    /// `#4338b8`: the partner's colour.
    pub colour: String,
    /// The partner's line at the foot.
    pub footer: String,
    /// The HTML shows the partner's logo as `cid:logo`.
    pub logo: bool,
    /// `9 – 15 November 2026`.
    pub week: String,
    /// The zone of all times and days.
    pub zone: String,
    /// When it was made.
    pub made: String,
    /// Devices: healthy, warning, critical, unknown.
    pub bands: Vec<InBand>,
    /// The day of the summary that changes are counted from.
    pub since: Option<String>,
    /// Paused devices, in no band.
    pub paused: i64,
    /// Backups of devices in the week, and in the week before.
    pub backups: (Backups, Backups),
    /// Backups of SaaS accounts in the week, and in the week before.
    pub saas: (Backups, Backups),
    /// New critical alerts in the week, and in the week before.
    pub critical: (i64, i64),
    /// There are more than were counted.
    pub critical_is_more: bool,
    /// The latest of them.
    pub alerts: Vec<Alert>,
    /// The lowest scores.
    pub lowest: Vec<Low>,
    /// Day and bytes held, a week between each; oldest first.
    pub storage: Vec<(String, Option<i64>)>,
    /// Numbers of the lines in the picture `cid:trend`, from the top; none: there is no picture.
    pub trend: Option<[String; 3]>,
    /// The portal's first page.
    pub portal: String,
    /// Where critical alerts are listed.
    pub alerts_place: String,
    /// Where it is set who gets this.
    pub settings_place: String,
    /// Where a reader unsubscribes; none: not from this.
    pub unsubscribe: Option<String>,
    /// Somebody sends it to themselves.
    pub test: bool,
}

/// More or less than before: `+3`, `−2`, `no change`.
fn change(now: i64, before: i64) -> String {
    match now - before {
        0 => "no change".to_owned(),
        more if more > 0 => format!("+{}", count(more)),
        less => format!("−{}", count(-less)),
    }
}

impl Weekly {
    fn of(&self, band: Band) -> i64 {
        self.bands.iter().filter(|of| of.band == band).map(|of| of.now).sum()
    }

    /// Devices that are protected.
    fn protected(&self) -> i64 {
        self.bands.iter().map(|of| of.now).sum()
    }

    /// The subject.
    pub fn subject(&self) -> String {
        let test = if self.test { "Test: " } else { "" };
        let (all, critical) = (self.protected(), self.of(Band::Critical));
        let state = match (all, critical) {
            (0, _) => "no devices yet".to_owned(),
            (1, 0) if self.of(Band::Healthy) == 1 => "the only device is healthy".to_owned(),
            (all, 0) if self.of(Band::Healthy) == all => format!("all {} healthy", devices(all)),
            (all, 0) => format!("none of {} critical", devices(all)),
            (all, critical) => format!("{} of {} critical", count(critical), devices(all)),
        };
        format!("{test}Weekly health summary, {}: {state}", self.week)
    }

    /// The answer to the first question.
    pub(crate) fn answer(&self) -> String {
        let (all, critical, warning, unknown) = (self.protected(), self.of(Band::Critical), self.of(Band::Warning), self.of(Band::Unknown));
        let is = |n: i64| if n == 1 { "is" } else { "are" };
        let mut told = match (all, critical, warning) {
            (0, ..) => return "No devices are protected yet.".to_owned(),
            (all, 0, 0) if unknown == 0 && all == 1 => return "The only device is healthy.".to_owned(),
            (all, 0, 0) if unknown == 0 => return format!("All {} are healthy.", devices(all)),
            (all, 0, 0) => format!("{} of {} {} healthy", count(all - unknown), devices(all), is(all - unknown)),
            (all, 0, warning) => {
                format!("None of {} is critical, {} {} a warning", devices(all), count(warning), if warning == 1 { "has" } else { "have" })
            }
            (all, critical, 0) => format!("{} of {} {} critical", count(critical), devices(all), is(critical)),
            (all, critical, warning) => format!(
                "{} of {} {} critical, {} {} a warning",
                count(critical),
                devices(all),
                is(critical),
                count(warning),
                if warning == 1 { "has" } else { "have" }
            ),
        };
        if unknown > 0 {
            told.push_str(&format!("; of {} nothing is known", count(unknown)));
        }
        told + "."
    }

    /// How backups went, in words; none: nothing was due in either week.
    fn went((week, before): (Backups, Backups)) -> Option<(String, String)> {
        let then = before.share().map(|share| format!("{share} the week before")).unwrap_or_default();
        let Some(share) = week.share() else {
            return (before.due() > 0).then(|| ("None was due".to_owned(), then));
        };
        let parts = [(week.failed, "failed"), (week.missed, "missed"), (week.warning, "with issues")];
        let parts: Vec<String> = parts.into_iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{} {word}", count(n))).collect();
        let mut rest = parts.join(", ");
        if !then.is_empty() {
            rest.push_str(if rest.is_empty() { "" } else { "; " });
            rest.push_str(&then);
        }
        Some((format!("{share} of {} usable", count(week.due())), rest))
    }

    /// How many became critical: `7`, `1,000 or more`.
    fn became(&self) -> String {
        let number = count(self.critical.0);
        if self.critical_is_more { format!("{number} or more") } else { number }
    }

    /// How storage moved, in words; none: nothing is known of it.
    fn moved(&self) -> Option<String> {
        let (_, last) = self.storage.last()?;
        let last = (*last)?;
        let told = |before: i64, when: &str| match last - before {
            0 => format!("as much as {when}"),
            more if more > 0 => format!("{} more than {when}", bytes(more)),
            less => format!("{} less than {when}", bytes(-less)),
        };
        let mut words = format!("{} held", bytes(last));
        let earlier = &self.storage[..self.storage.len() - 1];
        if let Some(before) = earlier.last().and_then(|(_, held)| *held) {
            words.push_str(&format!("; {}", told(before, "a week before")));
        }
        let first = earlier.iter().find_map(|(day, held)| held.map(|held| (day, held)));
        if let Some((day, held)) = first.filter(|(day, _)| earlier.last().is_some_and(|(last, _)| last != *day)) {
            words.push_str(&format!(", {}", told(held, &format!("on {day}"))));
        }
        Some(words + ".")
    }

    /// The trend for who doesn't see it.
    fn trend_words(&self) -> String {
        let known: Vec<String> =
            self.storage.iter().filter_map(|(day, held)| held.map(|held| format!("{} on {day}", bytes(held)))).collect();
        match (known.first(), known.last()) {
            (Some(first), Some(last)) if known.len() > 1 => format!("Storage from {first} to {last}"),
            (Some(only), _) => format!("Storage: {only}"),
            _ => "Storage: not known".to_owned(),
        }
    }
}

fn devices(n: i64) -> String {
    if n == 1 { "1 device".to_owned() } else { format!("{} devices", count(n)) }
}

const fn word(band: Band) -> &'static str {
    band_label(band)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn sample() -> Weekly {
        let tib = 1_099_511_627_776_i64;
        let portal = "https://backup.example.com";
        let band = |band: Band, now, before| InBand {
            band,
            now,
            before: Some(before),
            place: format!("{portal}/backups/devices?band={}", band.as_str()),
        };
        let low = |score, band, name: &str, why: &str| Low {
            score,
            band,
            name: name.into(),
            organization: "Müller & Söhne <GmbH>".into(),
            why: why.into(),
            place: format!("{portal}/devices/0000000000{score}"),
        };
        Weekly {
            partner: "Northwind IT GmbH".into(),
            brand: "Northwind IT".into(),
            colour: "#0b5c8e".into(),
            footer: "Northwind IT · Hamburg".into(),
            week: "9 – 15 November 2026".into(),
            zone: "Europe/Berlin".into(),
            made: "Mon 16 Nov 2026, 07:00 CET".into(),
            bands: vec![
                band(Band::Healthy, 1_420, 1_417),
                band(Band::Warning, 38, 40),
                band(Band::Critical, 12, 10),
                band(Band::Unknown, 30, 30),
            ],
            since: Some("9 Nov".into()),
            paused: 3,
            backups: (
                Backups { warning: 250, usable: 10_299, failed: 102, missed: 31 },
                Backups { warning: 240, usable: 10_300, failed: 80, missed: 20 },
            ),
            saas: (Backups { warning: 0, usable: 400, failed: 0, missed: 0 }, Backups::default()),
            critical: (7, 5),
            alerts: vec![
                Alert {
                    kind: "Backup overdue".into(),
                    subject: "srv-01".into(),
                    organization: "Müller & Söhne <GmbH>".into(),
                    at: "Tue 10 Nov 2026, 03:10 CET".into(),
                    resolved: true,
                    why: "No usable backup for 26 h".into(),
                    place: format!("{portal}/alerts/00000000001"),
                },
                Alert {
                    kind: "SaaS consent expired".into(),
                    subject: "Microsoft 365".into(),
                    organization: "Harbour".into(),
                    at: "Mon 9 Nov 2026, 11:25 CET".into(),
                    resolved: false,
                    why: "The provider says that consent is gone".into(),
                    place: format!("{portal}/alerts/00000000002"),
                },
            ],
            lowest: vec![
                low(40, Band::Critical, "srv-01", "The last restore test failed"),
                low(55, Band::Critical, "db-02", "3 failures in a row"),
                low(71, Band::Warning, "front-desk", "Slightly overdue"),
            ],
            storage: vec![
                ("4 Oct".into(), None),
                ("11 Oct".into(), Some(10 * tib)),
                ("8 Nov".into(), Some(12 * tib)),
                ("15 Nov".into(), Some(12 * tib + tib / 2)),
            ],
            trend: Some(["16.0 TiB".into(), "8.0 TiB".into(), "0 B".into()]),
            portal: portal.into(),
            alerts_place: format!("{portal}/backups/alerts?severity=critical"),
            settings_place: format!("{portal}/settings/reports"),
            unsubscribe: Some("UNSUBSCRIBE-LINK".into()),
            ..Weekly::default()
        }
    }

    fn with(bands: [i64; 4]) -> Weekly {
        let all = [Band::Healthy, Band::Warning, Band::Critical, Band::Unknown];
        let bands = all.into_iter().zip(bands).map(|(band, now)| InBand { band, now, before: None, place: String::new() }).collect();
        Weekly { bands, week: "9 – 15 November 2026".into(), ..Weekly::default() }
    }

    #[test]
    fn the_answer_and_the_subject_say_how_it_stands() {
        for (bands, answer, subject) in [
            ([0, 0, 0, 0], "No devices are protected yet.", "no devices yet"),
            ([1, 0, 0, 0], "The only device is healthy.", "the only device is healthy"),
            ([1_500, 0, 0, 0], "All 1,500 devices are healthy.", "all 1,500 devices healthy"),
            ([7, 0, 0, 2], "7 of 9 devices are healthy; of 2 nothing is known.", "none of 9 devices critical"),
            ([7, 1, 0, 0], "None of 8 devices is critical, 1 has a warning.", "none of 8 devices critical"),
            ([7, 0, 1, 0], "1 of 8 devices is critical.", "1 of 8 devices critical"),
            (
                [1_420, 38, 12, 30],
                "12 of 1,500 devices are critical, 38 have a warning; of 30 nothing is known.",
                "12 of 1,500 devices critical",
            ),
        ] {
            let weekly = with(bands);
            assert_eq!(weekly.answer(), answer);
            assert_eq!(weekly.subject(), format!("Weekly health summary, 9 – 15 November 2026: {subject}"));
        }
    }

    #[test]
    fn changes_are_told_only_where_there_was_something_before() {
        assert_eq!([change(5, 3), change(3, 5), change(4, 4), change(2_000, 0)], ["+2", "−2", "no change", "+2,000"]);
        let went = |week, before| Weekly::went((week, before));
        let some = Backups { warning: 1, usable: 9, failed: 1, missed: 0 };
        assert_eq!(went(Backups::default(), Backups::default()), None);
        assert_eq!(went(some, Backups::default()), Some(("90.00 % of 10 usable".into(), "1 failed, 1 with issues".into())));
        assert_eq!(went(Backups::default(), some), Some(("None was due".into(), "90.00 % the week before".into())));
    }

    #[test]
    fn storage_is_told_by_what_it_was() {
        let mut weekly = sample();
        assert_eq!(weekly.moved().as_deref(), Some("12.5 TiB held; 512.0 GiB more than a week before, 2.5 TiB more than on 11 Oct."));
        weekly.storage.truncate(2);
        assert_eq!(weekly.moved().as_deref(), Some("10.0 TiB held."));
        weekly.storage.truncate(1);
        assert_eq!(weekly.moved(), None);
        weekly.storage.clear();
        assert_eq!(weekly.moved(), None);
    }
}
