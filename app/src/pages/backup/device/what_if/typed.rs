//! What is typed into the what-if, and the policy it makes. Limits are those of the policy's own form.

use crate::api::settings::policies::PolicyInput;
use domain::{policy::Policy, schedule::Schedule};
use leptos::prelude::*;

/// The policy that was typed, or the field that is wrong and why.
pub(super) type Read = Result<Policy, (&'static str, &'static str)>;

/// The fields. Cheap to copy.
#[derive(Clone, Copy)]
pub(super) struct Typed {
    pub kind: RwSignal<String>,
    pub every: RwSignal<String>,
    pub unit: RwSignal<String>,
    pub cron: RwSignal<String>,
    pub zone: RwSignal<String>,
    pub grace: RwSignal<String>,
    pub longest: RwSignal<String>,
    pub overdue: RwSignal<String>,
    pub restore: RwSignal<String>,
    pub offline: RwSignal<String>,
    pub silence: RwSignal<String>,
}

impl Typed {
    /// As the policy is; `zone`: the organization's.
    pub(super) fn of(start: &(Policy, String)) -> Self {
        let empty = || RwSignal::new(String::new());
        let typed = Self {
            kind: empty(),
            every: empty(),
            unit: empty(),
            cron: empty(),
            zone: empty(),
            grace: empty(),
            longest: empty(),
            overdue: empty(),
            restore: empty(),
            offline: empty(),
            silence: empty(),
        };
        typed.reset(start);
        typed
    }

    /// Back to what the policy is.
    pub(super) fn reset(self, (policy, zone): &(Policy, String)) {
        let maybe = |n: Option<u32>| n.map(|n| n.to_string()).unwrap_or_default();
        let (minutes, cron, zone) = match &policy.schedule {
            Schedule::Every { every_minutes } => (*every_minutes, "30 2 * * *", zone),
            Schedule::Cron { cron, time_zone } => (1_440, cron.as_str(), time_zone),
            Schedule::Learned => (1_440, "30 2 * * *", zone),
        };
        let (every, unit) = match minutes {
            m if m % 1_440 == 0 => (m / 1_440, "days"),
            m if m % 60 == 0 => (m / 60, "hours"),
            m => (m, "minutes"),
        };
        for (field, value) in [
            (self.kind, "same".to_owned()),
            (self.every, every.to_string()),
            (self.unit, unit.to_owned()),
            (self.cron, cron.to_owned()),
            (self.zone, zone.clone()),
            (self.grace, policy.grace_minutes.to_string()),
            (self.longest, policy.longest_run_minutes.to_string()),
            (self.overdue, maybe(policy.overdue_hours)),
            (self.restore, maybe(policy.restore_test_days)),
            (self.offline, policy.offline_allowance_hours.to_string()),
            (self.silence, policy.silence_days.to_string()),
        ] {
            field.set(value);
        }
    }

    /// The policy with what is typed.
    pub(super) fn read(self, base: &Policy) -> Read {
        let schedule = match self.kind.get().as_str() {
            "every" => {
                let minutes = match self.unit.get().as_str() {
                    "minutes" => 1,
                    "hours" => 60,
                    _ => 1_440,
                };
                let every = number(&self.every.get(), "every", 1, 527_040)?;
                let every_minutes = every.checked_mul(minutes).filter(|m| *m <= 527_040).ok_or(("every", "At most 366 days."))?;
                Schedule::Every { every_minutes }
            }
            "cron" => Schedule::Cron {
                cron: self.cron.get().split_whitespace().collect::<Vec<_>>().join(" "),
                time_zone: self.zone.get().trim().to_owned(),
            },
            "learned" => Schedule::Learned,
            _ => base.schedule.clone(),
        };
        Ok(Policy {
            schedule,
            grace_minutes: number(&self.grace.get(), "grace", 0, 527_040)?,
            longest_run_minutes: number(&self.longest.get(), "longest", 1, 527_040)?,
            restore_test_days: maybe(&self.restore.get(), "restore", 3_660)?,
            overdue_hours: maybe(&self.overdue.get(), "overdue", 8_784)?,
            offline_allowance_hours: number(&self.offline.get(), "offline", 0, 8_784)?,
            silence_days: number(&self.silence.get(), "silence", 1, 3_660)?,
        })
    }

    /// What is wrong with a field.
    pub(super) fn fault(self, read: Memo<Read>, field: &'static str) -> Signal<Option<String>> {
        Signal::derive(move || {
            read.with(|read| read.as_ref().err().filter(|(wrong, _)| *wrong == field).map(|(_, words)| (*words).to_owned()))
        })
    }

    /// The schedule's part, for the portal to resolve.
    pub(super) fn schedule_input(self) -> PolicyInput {
        PolicyInput {
            kind: self.kind.get(),
            every: self.every.get(),
            unit: self.unit.get(),
            cron: self.cron.get(),
            time_zone: self.zone.get(),
            ..PolicyInput::default()
        }
    }

    /// For the address of the policy's page: the names of its own form.
    pub(super) fn query(self) -> Vec<(&'static str, String)> {
        let mut query = vec![
            ("grace_minutes", self.grace.get()),
            ("longest_run_minutes", self.longest.get()),
            ("restore_test_days", self.restore.get()),
            ("overdue_hours", self.overdue.get()),
            ("offline_allowance_hours", self.offline.get()),
            ("silence_days", self.silence.get()),
        ];
        let kind = self.kind.get();
        match kind.as_str() {
            "every" => query.extend([("kind", kind), ("every", self.every.get()), ("unit", self.unit.get())]),
            "cron" => query.extend([("kind", kind), ("cron", self.cron.get()), ("time_zone", self.zone.get())]),
            "learned" => query.push(("kind", kind)),
            _ => {}
        }
        query
    }
}

fn number(typed: &str, field: &'static str, low: u32, high: u32) -> Result<u32, (&'static str, &'static str)> {
    let number: u32 = typed.trim().parse().map_err(|_| (field, "Give a whole number."))?;
    if (low..=high).contains(&number) { Ok(number) } else { Err((field, if number < low { "At least 1." } else { "That is too long." })) }
}

fn maybe(typed: &str, field: &'static str, high: u32) -> Result<Option<u32>, (&'static str, &'static str)> {
    if typed.trim().is_empty() { Ok(None) } else { number(typed, field, 1, high).map(Some) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_changed_reads_as_the_policy_it_began_with() {
        let owner = Owner::new();
        owner.with(|| {
            for schedule in [
                Schedule::Every { every_minutes: 90 },
                Schedule::Learned,
                Schedule::Cron { cron: "0 22 * * 1-5".into(), time_zone: "Europe/Berlin".into() },
            ] {
                let policy = Policy { schedule, restore_test_days: Some(90), ..Policy::default() };
                let typed = Typed::of(&(policy.clone(), "UTC".into()));
                assert_eq!(typed.read(&policy), Ok(policy.clone()));
                typed.grace.set("15".into());
                assert_eq!(typed.read(&policy), Ok(Policy { grace_minutes: 15, ..policy.clone() }));
                typed.kind.set("every".into());
                typed.every.set("4".into());
                typed.unit.set("hours".into());
                assert_eq!(typed.read(&policy).map(|p| p.schedule), Ok(Schedule::Every { every_minutes: 240 }));
                typed.silence.set("0".into());
                assert_eq!(typed.read(&policy), Err(("silence", "At least 1.")));
                typed.silence.set("soon".into());
                assert_eq!(typed.read(&policy), Err(("silence", "Give a whole number.")));
            }
        });
    }
}
