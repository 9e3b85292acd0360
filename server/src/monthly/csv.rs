//! The figures of a report as CSV, one line for each row of its tables: the days as words, so that a spreadsheet can count them.

use super::{
    Level,
    paper::{class_name, read},
};
use app::components::csv::cell;
use domain::{report::days::OrganizationDay, saas::days::AccountDay};
use engine::store::reports::{Last, Monthly};

const BEFORE: [&str; 9] =
    ["Organization", "Month", "Kind", "Name", "Details", "Status", "Last backup", "Total objects", "Total size (bytes)"];

const fn account_word(letter: char) -> &'static str {
    match AccountDay::of_letter(letter) {
        AccountDay::NoData => "No data",
        AccountDay::Deactivated => "Deactivated",
        AccountDay::Healthy => "Healthy",
        AccountDay::Unhealthy => "Unhealthy",
    }
}

const fn organization_word(letter: char) -> &'static str {
    OrganizationDay::of_letter(letter).name()
}

/// The file: heads, then accounts or workloads, then devices or their classes. Times are in the zone of the report.
pub fn csv(monthly: &Monthly, level: Level) -> String {
    let summary = &monthly.summary;
    let mut file =
        File { text: String::new(), before: [summary.organization.clone(), summary.month.to_string()], zone: &summary.time_zone };
    let days = (1..=summary.month.length()).map(|day| format!("Day {day}"));
    let heads: Vec<String> =
        BEFORE.iter().map(|head| (*head).to_owned()).chain(std::iter::once("Workloads".to_owned())).chain(days).collect();
    file.write(&heads);
    match level {
        Level::Account => {
            for line in &summary.accounts.rows {
                let status = if line.activated { "Activated" } else { "Deactivated" };
                let workloads: Vec<&str> =
                    line.workloads.iter().filter(|(_, active)| *active).map(|(workload, _)| workload.name()).collect();
                file.line(
                    ["Account", &line.address, &line.name, status],
                    &line.last,
                    &workloads.join(" "),
                    line.days.chars().map(account_word),
                );
            }
            for line in &summary.devices.rows {
                let status = if line.active { "Active" } else { "Paused or retired" };
                let named = ["Device", &line.name, class_name(line.class), status];
                file.line(named, &line.last, "", line.days.chars().map(account_word));
            }
        }
        Level::Organization => {
            for line in &summary.accounts.workloads {
                let (accounts, status) = (format!("{} accounts", line.accounts), if line.accounts > 0 { "Active" } else { "Inactive" });
                let named = ["Workload", line.workload.name(), &accounts, status];
                file.line(named, &line.last, "", line.days.chars().map(organization_word));
            }
            for line in &summary.devices.classes {
                let (devices, status) = (format!("{} devices", line.devices), if line.devices > 0 { "Active" } else { "Inactive" });
                let named = ["Devices", class_name(line.class), &devices, status];
                file.line(named, &line.last, "", line.days.chars().map(organization_word));
            }
        }
    }
    file.text
}

struct File<'a> {
    text: String,
    /// Organization and month, in front of every line.
    before: [String; 2],
    zone: &'a str,
}

impl File<'_> {
    fn line(&mut self, [kind, name, details, status]: [&str; 4], last: &Last, workloads: &str, days: impl Iterator<Item = &'static str>) {
        let number = |n: Option<i64>| n.map(|n| n.to_string()).unwrap_or_default();
        let mut cells = self.before.to_vec();
        cells.extend([kind, name, details, status].map(str::to_owned));
        cells.extend([last.at.map(|at| read(at, self.zone)).unwrap_or_default(), number(last.objects), number(last.bytes)]);
        cells.push(workloads.to_owned());
        cells.extend(days.map(str::to_owned));
        self.write(&cells);
    }

    fn write(&mut self, cells: &[String]) {
        for (place, text) in cells.iter().enumerate() {
            if place > 0 {
                self.text.push(',');
            }
            self.text.push_str(&cell(text));
        }
        self.text.push_str("\r\n");
    }
}
