//! The compliance report (D5) for a customer review or an audit: whose it is, what it comes to, each client and device, every breach, what is left out,
//! the restore tests, and how it is all meant. All figures are given; times come as they are to be read, in the zone that the report names.

mod method;

use crate::{
    Mark,
    brand::Brand,
    document::{Block, Cell, Column, Cover, Document, Imprint, Page, Table, Tile},
};
use domain::{
    text::{count, span},
    time::Span,
};
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
    /// Devices of which some time was covered.
    pub devices: u64,
    /// Devices in compliance at the end of the period, or when the report was made.
    pub meeting: u64,
    /// Devices in breach then.
    pub in_breach: u64,
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
    /// RPO achieved.
    pub longest_gap: Option<Gap>,
    /// Times in breach.
    pub breaches: Vec<Breach>,
    /// Times left out.
    pub left_out: Vec<LeftOut>,
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
    /// "Paused", "Maintenance: patch night" …
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

/// The report as a document.
pub fn document(report: &Compliance, brand: &Brand) -> Document {
    let generated = format!("{} ({})", report.generated, report.zone);
    let mut blocks = vec![cover(report, &generated)];
    summary(report, &mut blocks);
    clients(report, &mut blocks);
    breaches(report, &mut blocks);
    left_out(report, &mut blocks);
    restore_tests(report, &mut blocks);
    method::method(report, &mut blocks);
    Document {
        title: "Backup compliance report".to_owned(),
        subject: format!("{}, {}", report.client, report.period),
        language: "en".to_owned(),
        page: Page::Portrait,
        brand: brand.clone(),
        imprint: Imprint {
            generated: format!("Generated {generated}"),
            made_at: report.made_at,
            inputs_hash: report.inputs_hash.clone(),
            verify_at: report.verify_at.clone(),
        },
        blocks,
    }
}

fn cover(report: &Compliance, generated: &str) -> Block {
    let mut facts = vec![
        ("Period", report.period.clone()),
        ("Prepared by", report.partner.clone()),
        ("Generated", generated.to_owned()),
        ("Times in", report.zone.clone()),
        ("Inputs, SHA-256", report.inputs_hash.clone()),
    ];
    if !report.verify_at.is_empty() {
        facts.push(("Verify at", report.verify_at.clone()));
    }
    Block::Cover(Cover {
        above: String::new(),
        title: "Backup compliance report".to_owned(),
        subtitle: report.client.clone(),
        facts: facts.into_iter().map(|(word, fact)| (word.to_owned(), fact)).collect(),
    })
}

fn summary(report: &Compliance, blocks: &mut Vec<Block>) {
    let total = &report.total;
    blocks.push(Block::Heading(1, "Summary".to_owned()));
    blocks.push(Block::Paragraph(in_words(report)));
    let tested = total.tests_passed + total.tests_failed;
    let failed = if total.tests_failed == 0 { "all passed".to_owned() } else { format!("{} failed", number(total.tests_failed)) };
    blocks.push(Block::Tiles(vec![
        tile("Time in compliance", &share(total.share), "of the time covered by a rule", None),
        tile("Devices covered", &number(total.devices), &format!("{} in compliance at the end", number(total.meeting)), None),
        tile(
            "In breach at the end",
            &number(total.in_breach),
            if total.in_breach == 1 { "device" } else { "devices" },
            Some(if total.in_breach == 0 { Mark::Good } else { Mark::Bad }),
        ),
        tile("Breaches in the period", &number(total.breaches), "each of them is listed", None),
        tile("Longest gap (RPO achieved)", &total.longest_gap.map_or_else(none, length), "without a usable backup of a device", None),
        tile("Restore tests", &number(tested), if tested == 0 { "none in the period" } else { &failed }, tests_mark(total)),
    ]));
    blocks.push(Block::Heading(2, "Rules that held".to_owned()));
    blocks.push(Block::Table(Table {
        summary: "The rules that held in the period, for whom, and since when".to_owned(),
        columns: vec![Column::text("Rule", 5.0), Column::text("For", 3.0), Column::text("From", 2.0), Column::text("Until", 2.0)],
        rows: report.rules.iter().map(rule).collect(),
        empty: "No rule held in this period.".to_owned(),
    }));
    if report.clients.len() > 1 {
        blocks.push(Block::Heading(2, "Clients".to_owned()));
        blocks.push(Block::Table(Table {
            summary: "Each client with its figures".to_owned(),
            columns: vec![
                Column::text("Client", 5.0),
                Column::number("Time in compliance", 2.0),
                Column::number("Devices", 1.4),
                Column::number("In breach at the end", 1.6),
                Column::number("Breaches", 1.5),
                Column::number("Longest gap", 2.0),
                Column::number("Restore tests", 1.6),
            ],
            rows: report.clients.iter().map(client_row).collect(),
            empty: String::new(),
        }));
    }
}

fn in_words(report: &Compliance) -> String {
    let total = &report.total;
    let Some(hundredths) = total.share else {
        return format!("No device of {} was covered by a rule in this period, so there is nothing to judge.", report.client);
    };
    let kept = format!(
        "In this period {} of the time in which a rule covered a device, that device had a usable backup as recent as its rule asks for.",
        share(Some(hundredths))
    );
    let now = match total.in_breach {
        0 => "At the end of the period every covered device met its rule.".to_owned(),
        1 => "At the end of the period one device was in breach.".to_owned(),
        n => format!("At the end of the period {} devices were in breach.", number(n)),
    };
    format!("{kept} {now}")
}

fn tests_mark(total: &Totals) -> Option<Mark> {
    match (total.tests_passed, total.tests_failed) {
        (0, 0) => None,
        (_, 0) => Some(Mark::Good),
        _ => Some(Mark::Bad),
    }
}

fn rule(rule: &Rule) -> Vec<Cell> {
    let since = if rule.from.is_empty() { "before the period" } else { &rule.from };
    let until = if rule.until.is_empty() { "still holds" } else { &rule.until };
    vec![
        Cell::Text(format!("{}: a usable backup within {}", rule.class, hours(rule.hours))),
        Cell::text(&rule.scope),
        Cell::text(since),
        Cell::text(until),
    ]
}

fn client_row(client: &Client) -> Vec<Cell> {
    let total = &client.total;
    vec![
        Cell::text(&client.name),
        Cell::Text(share(total.share)),
        Cell::Text(number(total.devices)),
        Cell::Text(number(total.in_breach)),
        Cell::Text(number(total.breaches)),
        Cell::Text(total.longest_gap.map_or_else(none, length)),
        Cell::Text(tests(total)),
    ]
}

/// "3", or "3, 1 failed".
fn tests(total: &Totals) -> String {
    let all = number(total.tests_passed + total.tests_failed);
    if total.tests_failed == 0 { all } else { format!("{all}, {} failed", number(total.tests_failed)) }
}

fn clients(report: &Compliance, blocks: &mut Vec<Block>) {
    blocks.push(Block::PageBreak);
    blocks.push(Block::Heading(1, "Devices".to_owned()));
    for client in &report.clients {
        blocks.push(Block::Heading(2, client.name.clone()));
        let total = &client.total;
        blocks.push(Block::Note(format!(
            "{} in compliance · {} covered · {} in breach at the end · {}",
            share(total.share),
            counted(total.devices, "device", "devices"),
            number(total.in_breach),
            counted(total.breaches, "breach", "breaches"),
        )));
        blocks.push(Block::Table(Table {
            summary: format!("The devices of {}", client.name),
            columns: vec![
                Column::text("Device", 3.5),
                Column::number("Rule", 1.1),
                Column::number("Time in compliance", 1.8),
                Column::number("Longest gap", 1.8),
                Column::number("Breaches", 1.5),
                Column::text("At the end", 2.4),
                Column::text("Last restore test", 2.7),
            ],
            rows: client.devices.iter().map(device).collect(),
            empty: "This client had no device in the period.".to_owned(),
        }));
    }
    if report.clients.is_empty() {
        blocks.push(Block::Paragraph("There was no device in this period.".to_owned()));
    }
}

fn device(device: &Device) -> Vec<Cell> {
    let state = match (&device.breach_since, device.share) {
        (Some(since), _) => Cell::State(Mark::Bad, "In breach".to_owned(), format!("since {since}")),
        (None, Some(_)) => Cell::State(Mark::Good, "Met".to_owned(), String::new()),
        (None, None) => Cell::State(Mark::Off, "Not covered".to_owned(), String::new()),
    };
    let test = match &device.tests.last {
        None => Cell::State(Mark::Unknown, "Never tested".to_owned(), String::new()),
        Some(test) => {
            let (mark, word) = result(test);
            let rto = test.rto_seconds.map(|s| format!(", RTO {}", span(Span(s * 1_000)))).unwrap_or_default();
            Cell::State(mark, word, format!("{} old{rto}", span(Span(test.age))))
        }
    };
    vec![
        Cell::Pair(device.name.clone(), device.class.clone()),
        Cell::Text(hours(device.hours)),
        Cell::Text(share(device.share)),
        Cell::Text(device.longest_gap.as_ref().map_or_else(none, |gap| length(gap.length))),
        Cell::Text(number(device.breaches.len() as u64)),
        state,
        test,
    ]
}

fn breaches(report: &Compliance, blocks: &mut Vec<Block>) {
    blocks.push(Block::Heading(1, "Breaches".to_owned()));
    let mut rows = Vec::new();
    for (client, device) in devices(report) {
        for breach in &device.breaches {
            let remark = |said: bool, words: &str| if said { words.to_owned() } else { String::new() };
            rows.push(vec![
                Cell::Pair(device.name.clone(), client.name.clone()),
                Cell::Text(hours(breach.hours)),
                Cell::Pair(breach.from.clone(), remark(breach.began_before, "begun before the period")),
                Cell::Pair(breach.until.clone(), remark(breach.ongoing, "not ended then")),
                Cell::Text(length(breach.counted)),
            ]);
        }
    }
    blocks.push(Block::Table(Table {
        summary: "Every time in which a device had no usable backup as recent as its rule asked for".to_owned(),
        columns: vec![
            Column::text("Device", 4.0),
            Column::number("Rule", 1.0),
            Column::text("In breach from", 2.7),
            Column::text("Until", 2.7),
            Column::number("In breach for", 1.6),
        ],
        rows,
        empty: "No device was in breach in this period.".to_owned(),
    }));
}

fn left_out(report: &Compliance, blocks: &mut Vec<Block>) {
    blocks.push(Block::Heading(1, "Time left out".to_owned()));
    let mut rows = Vec::new();
    for (client, device) in devices(report) {
        for part in &device.left_out {
            rows.push(vec![
                Cell::Pair(device.name.clone(), client.name.clone()),
                Cell::text(&part.cause),
                Cell::text(&part.from),
                Cell::text(if part.until.is_empty() { "goes on" } else { &part.until }),
                Cell::Text(length(part.length)),
            ]);
        }
    }
    blocks.push(Block::Table(Table {
        summary: "Every time that is neither covered nor in breach, with its cause".to_owned(),
        columns: vec![
            Column::text("Device", 4.0),
            Column::text("Cause", 2.4),
            Column::text("From", 2.2),
            Column::text("Until", 2.2),
            Column::number("Left out", 1.6),
        ],
        rows,
        empty: "Nothing was left out: no device was paused, retired or in maintenance.".to_owned(),
    }));
}

fn restore_tests(report: &Compliance, blocks: &mut Vec<Block>) {
    blocks.push(Block::Heading(1, "Restore tests".to_owned()));
    let mut untested = 0;
    let mut rows = Vec::new();
    for (client, device) in devices(report) {
        let Some(test) = &device.tests.last else {
            untested += 1;
            continue;
        };
        let seconds = |s: Option<i64>| Cell::Text(s.map_or_else(none, |s| length(s * 1_000)));
        let (mark, word) = result(test);
        rows.push(vec![
            Cell::Pair(device.name.clone(), client.name.clone()),
            Cell::Text(number(device.tests.passed)),
            Cell::Text(number(device.tests.failed)),
            Cell::Pair(test.at.clone(), format!("{} old", length(test.age))),
            Cell::State(mark, word, String::new()),
            seconds(test.rpo_seconds),
            seconds(test.rto_seconds),
        ]);
    }
    let never = match untested {
        0 if rows.is_empty() => "There was no device.".to_owned(),
        0 => "Of every device a restore has been tested.".to_owned(),
        1 => "Of one device no restore has ever been tested.".to_owned(),
        n => format!("Of {} devices no restore has ever been tested.", number(n)),
    };
    blocks.push(Block::Paragraph(format!("Tests of the period, and the last test of each device up to its end. {never}")));
    blocks.push(Block::Table(Table {
        summary: "The restore tests of each device".to_owned(),
        columns: vec![
            Column::text("Device", 3.6),
            Column::number("Passed in the period", 1.5),
            Column::number("Failed in the period", 1.5),
            Column::text("Last test", 2.3),
            Column::text("Result", 1.6),
            Column::number("RPO", 1.7),
            Column::number("RTO", 1.7),
        ],
        rows,
        empty: "No restore has been tested.".to_owned(),
    }));
}

fn result(test: &Test) -> (Mark, String) {
    if test.passed { (Mark::Good, "Passed".to_owned()) } else { (Mark::Bad, "Failed".to_owned()) }
}

fn devices(report: &Compliance) -> impl Iterator<Item = (&Client, &Device)> {
    report.clients.iter().flat_map(|client| client.devices.iter().map(move |device| (client, device)))
}

fn tile(label: &str, value: &str, note: &str, mark: Option<Mark>) -> Tile {
    Tile { label: label.to_owned(), value: value.to_owned(), note: note.to_owned(), mark }
}

/// Hundredths of a percent: `99.85 %`, `100 %`; without anything covered a dash.
pub fn share(hundredths: Option<u32>) -> String {
    match hundredths.map(|h| (h / 100, h % 100)) {
        None => none(),
        Some((whole, 0)) => format!("{whole} %"),
        Some((whole, part)) => format!("{whole}.{part:02} %"),
    }
}

fn none() -> String {
    "–".to_owned()
}

fn length(milliseconds: i64) -> String {
    span(Span(milliseconds))
}

fn hours(hours: i64) -> String {
    format!("{hours} h")
}

fn number(n: u64) -> String {
    count(i64::try_from(n).unwrap_or(i64::MAX))
}

fn counted(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", number(n), if n == 1 { one } else { many })
}
