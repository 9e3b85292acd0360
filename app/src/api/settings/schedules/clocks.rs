//! What changes of the clocks do to the times of day that a cron line names.

use domain::{time::Time, wall_clock::shown};

/// The times of day that a cron line names.
pub(super) struct Times {
    /// Neither minute nor hour has `*` or `/`: such a time runs once a day, whatever the clocks do.
    fixed: bool,
    minutes: Vec<u32>,
    hours: Vec<u32>,
}

impl Times {
    pub(super) fn of(cron: &str) -> Self {
        let mut fields = cron.split_whitespace();
        let (minute, hour) = (fields.next().unwrap_or_default(), fields.next().unwrap_or_default());
        let fixed = ![minute, hour].iter().any(|field| field.contains(['*', '/', '?']));
        Self { fixed, minutes: listed(minute), hours: listed(hour) }
    }

    /// What is unusual about a slot, because the clocks are changed that day.
    pub(super) fn odd(&self, at: Time, zone: &str) -> Option<String> {
        let now = shown(at, zone).ok()?;
        let is = format!("{:02}:{:02}", now.hour, now.minute);
        if self.fixed {
            if !(self.hours.contains(&now.hour) && self.minutes.contains(&now.minute)) {
                // The last named time before what is shown is the one that the gap has taken.
                let wanted = self.hours.iter().flat_map(|h| self.minutes.iter().map(move |m| (*h, *m)));
                let (hour, minute) = wanted.filter(|(h, m)| (*h, *m) < (now.hour, now.minute)).max()?;
                return Some(format!("{hour:02}:{minute:02} doesn't exist on {}: runs at {is}", now.date));
            }
            return now.twice.then(|| format!("{is} comes twice on {}: runs the first time only", now.date));
        }
        now.twice.then(|| format!("{is} comes twice on {}: runs both times", now.date))
    }
}

/// Numbers of a cron field of numbers, lists and ranges.
fn listed(field: &str) -> Vec<u32> {
    let mut numbers = Vec::new();
    for part in field.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        if let (Ok(first), Ok(last)) = (first.parse::<u32>(), last.parse::<u32>()) {
            numbers.extend(first..=last.min(59));
        }
    }
    numbers
}
