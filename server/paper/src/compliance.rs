//! The compliance report (D5) for a customer review or an audit: whose it is, what it comes to, each client and device, every breach, what is left out,
//! the restore tests, and how it is all meant. All figures are given; times come as they are to be read, in the zone that the report names.

mod method;
mod pages;

pub use pages::document;

pub(crate) use domain::text::share;
use serde::{Deserialize, Serialize};

/// Everything that a compliance report says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compliance {
    /// Whose report it is.
    pub partner: String,
    /// The client, or "All clients".
    pub client: String,
    /// "1 July – 30 September 2026".
    pub period: String,
    /// The zone in which times are given: "Europe/Berlin".
    pub zone: String,
    /// When it was made, as it is to be read, without the zone.
    pub generated: String,
    /// The same, milliseconds UTC.
    pub made_at: i64,
    /// The period wasn't over then: it is judged up to then.
    pub so_far: bool,
    /// Hash of the inputs, hexadecimal.
    pub inputs_hash: String,
    /// Where it can be verified; empty: nowhere.
    pub verify_at: String,
    /// The rules that held in the period.
    pub rules: Vec<Rule>,
    /// All of it together.
    pub total: Totals,
    /// Each client, by name.
    pub clients: Vec<Client>,
}

/// A rule and when it held.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// For whom: "All clients" or a client's name.
    pub scope: String,
    /// "Servers" or "Workstations".
    pub class: String,
    /// A usable backup within so many hours.
    pub hours: i64,
    /// Since when; empty: since before the period.
    pub from: String,
    /// Until when; empty: still.
    pub until: String,
}

/// Figures of many devices.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Share of the covered time in compliance, hundredths of a percent. None: nothing was covered.
    pub share: Option<u32>,
    /// Devices of which some time was covered or left out.
    pub devices: u64,
    /// Devices in compliance at the end of the period, or when the report was made.
    pub meeting: u64,
    /// Devices in breach then.
    pub in_breach: u64,
    /// Devices left out then: they neither meet their rule nor break it.
    pub out: u64,
    /// Times in breach.
    pub breaches: u64,
    /// RPO achieved: the longest gap, milliseconds.
    pub longest_gap: Option<i64>,
    /// Restore tests that passed.
    pub tests_passed: u64,
    /// Restore tests that failed.
    pub tests_failed: u64,
}

/// A client.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Client {
    /// Its name.
    pub name: String,
    /// Its figures.
    pub total: Totals,
    /// Its devices, by name.
    pub devices: Vec<Device>,
}

/// A device.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// Its name.
    pub name: String,
    /// "Server" or "Workstation".
    pub class: String,
    /// Hours of the rule at the end of the period.
    pub hours: i64,
    /// Share of its covered time in compliance, hundredths of a percent. None: nothing was covered.
    pub share: Option<u32>,
    /// In breach at the end of the period, or when the report was made: since when.
    pub breach_since: Option<String>,
    /// Left out then: why.
    pub out: Option<String>,
    /// RPO achieved.
    pub longest_gap: Option<Gap>,
    /// Times in breach.
    pub breaches: Vec<Breach>,
    /// Earlier ones that aren't told one by one.
    pub earlier_breaches: u64,
    /// Times left out.
    pub left_out: Vec<LeftOut>,
    /// Earlier ones that aren't told one by one.
    pub earlier_left_out: u64,
    /// Its restore tests.
    pub tests: Tests,
}

/// The longest time between usable backups.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// Milliseconds.
    pub length: i64,
    /// Its beginning.
    pub from: String,
    /// Its end; empty: no backup has ended it.
    pub until: String,
}

/// A time in breach.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Breach {
    /// Its beginning in the period.
    pub from: String,
    /// Its end in the period.
    pub until: String,
    /// It had begun before the period.
    pub began_before: bool,
    /// No usable backup had ended it.
    pub ongoing: bool,
    /// Hours of the rule that it broke.
    pub hours: i64,
    /// How long it counts, milliseconds.
    pub counted: i64,
}

/// A time left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// "Paused", "Maintenance" …
    pub cause: String,
    /// Its beginning in the period.
    pub from: String,
    /// Its end in the period; empty: it goes on.
    pub until: String,
    /// How long, milliseconds.
    pub length: i64,
}

/// The restore tests of a device.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tests {
    /// Tests of the period that passed.
    pub passed: u64,
    /// Tests of the period that failed.
    pub failed: u64,
    /// The last one up to the end of the period, also one from before it.
    pub last: Option<Test>,
}

/// A restore test.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Test {
    /// When.
    pub at: String,
    /// How old it was at the end of the period, milliseconds.
    pub age: i64,
    /// Whether the restore worked.
    pub passed: bool,
    /// RPO achieved, seconds.
    pub rpo_seconds: Option<i64>,
    /// RTO achieved, seconds.
    pub rto_seconds: Option<i64>,
}
