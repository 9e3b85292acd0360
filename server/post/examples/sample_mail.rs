//! Prints a made-up report mail, to be looked at: `cargo run -p post --example sample_mail -- html > mail.html`, or `text`.

use domain::{
    report::{Month, days::OrganizationDay},
    saas::days::AccountDay,
};
use post::summary::{Row, Summary, html, text};

fn days<D: Copy>(usual: D, other: &[(usize, D)]) -> Vec<D> {
    let mut days = vec![usual; 31];
    for (day, state) in other {
        if let Some(place) = days.get_mut(day - 1) {
            *place = *state;
        }
    }
    days
}

fn row<D>(name: &str, objects: i64, days: Vec<D>) -> Row<D> {
    let last = "Sat 31 Oct 2026, 23:10 CET".to_owned();
    Row { name: name.into(), last, objects: Some(objects), bytes: Some(objects * 163_840), days }
}

fn main() {
    use AccountDay::{Deactivated, Healthy, NoData, Unhealthy};
    use OrganizationDay as Whole;
    let summary = Summary {
        organization: "Harbour & Söhne GmbH".into(),
        brand: "Northwind IT".into(),
        colour: "#0b5c8e".into(),
        footer: "Northwind IT · Speicherstraße 4 · Hamburg".into(),
        month: Month::of(2026, 10).unwrap_or_default(),
        zone: "Europe/Berlin".into(),
        made: "Thu 5 Nov 2026, 06:00 CET".into(),
        activated: 38,
        deactivated: 4,
        workloads: vec![
            row("Email", 412_880, days(Whole::VeryHealthy, &[(12, Whole::Unhealthy), (13, Whole::Healthy)])),
            row("Drive", 98_113, days(Whole::VeryHealthy, &[(3, Whole::Healthy), (12, Whole::Unhealthy)])),
            row("Calendar", 20_417, days(Whole::VeryHealthy, &[])),
            Row { name: "SharePoint".into(), days: days(Whole::Deactivated, &[]), ..Row::default() },
        ],
        accounts: vec![
            row("anna.kruse@harbour.example", 20_413, days(Healthy, &[(12, Unhealthy), (13, Unhealthy), (28, Unhealthy)])),
            row("a-very-long-address-of-a-shared-mailbox-for-the-warehouse@harbour.example", 1_204, days(Healthy, &[(12, Unhealthy)])),
            row("neu@harbour.example", 311, days(Healthy, &[(1, NoData), (2, NoData), (3, NoData), (12, Unhealthy), (31, Deactivated)])),
            row("info@harbour.example", 88_000, days(Healthy, &[])),
        ],
        portal: "https://backup.example.com/organizations/0000000000abc/reports".into(),
        attached: true,
        unsubscribe: Some("https://backup.example.com/unsubscribe/0".into()),
        proof: Some(("9f86d081884c".into(), "https://backup.example.com/verify/9f86d081884c".into())),
        ..Summary::default()
    };
    let wanted = std::env::args().nth(1).unwrap_or_default();
    print!("{}", if wanted == "text" { text(&summary) } else { html(&summary) });
}
