//! The pages of the compliance report: cover, summary, devices, breaches, what is left out, restore tests.

use super::{Client, Compliance, Device, Rule, Test, Totals, method};
use crate::{
    Mark,
    brand::Brand,
    document::{Block, Cell, Column, Cover, Document, Imprint, Page, Table, Tile},
};
use domain::{
    text::{count, share, span},
    time::Span,
};

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
    let is_cut = devices(report).any(|(_, device)| device.earlier_breaches > 0);
    let is_listed = devices(report).any(|(_, device)| !device.breaches.is_empty());
    let told = match (is_cut, is_listed) {
        (false, _) => "each of them is listed",
        (true, true) => "the latest of each device are listed",
        (true, false) => "too many to list each",
    };
    let failed = if total.tests_failed == 0 { "all passed".to_owned() } else { format!("{} failed", number(total.tests_failed)) };
    blocks.push(Block::Tiles(vec![
        tile("Time in compliance", &share(total.share), "of the time covered by a rule", None),
        tile("Devices", &number(total.devices), &standing(total), None),
        tile(
            "In breach at the end",
            &number(total.in_breach),
            if total.in_breach == 1 { "device" } else { "devices" },
            Some(if total.in_breach == 0 { Mark::Good } else { Mark::Bad }),
        ),
        tile("Breaches in the period", &number(total.breaches), told, None),
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
    let then = if report.so_far { "When this report was made" } else { "At the end of the period" };
    let now = match total.in_breach {
        0 if total.meeting == 0 => format!("{then} every device was left out."),
        0 if total.out > 0 => format!("{then} every device that was not left out met its rule."),
        0 => format!("{then} every device met its rule."),
        1 => format!("{then} one device was in breach."),
        n => format!("{then} {} devices were in breach.", number(n)),
    };
    format!("{kept} {now}")
}

/// "11 in compliance at the end, 1 left out".
fn standing(total: &Totals) -> String {
    let meeting = format!("{} in compliance at the end", number(total.meeting));
    if total.out == 0 { meeting } else { format!("{meeting}, {} left out", number(total.out)) }
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
            "{} in compliance · {} · {} in breach at the end · {}",
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
    let state = match (&device.out, &device.breach_since, device.share) {
        (Some(why), ..) => Cell::State(Mark::Off, "Left out".to_owned(), why.clone()),
        (None, Some(since), _) => Cell::State(Mark::Bad, "In breach".to_owned(), format!("since {since}")),
        (None, None, Some(_)) => Cell::State(Mark::Good, "Met".to_owned(), String::new()),
        (None, None, None) => Cell::State(Mark::Off, "Not covered".to_owned(), String::new()),
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
        Cell::Text(number(device.earlier_breaches + device.breaches.len() as u64)),
        state,
        test,
    ]
}

fn breaches(report: &Compliance, blocks: &mut Vec<Block>) {
    blocks.push(Block::Heading(1, "Breaches".to_owned()));
    let mut rows = Vec::new();
    for (client, device) in devices(report) {
        rows.extend(earlier(client, device, device.earlier_breaches, device.breaches.is_empty()));
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

/// How many aren't told one by one, in the columns of both tables; `all`: none of the device's is.
fn earlier(client: &Client, device: &Device, n: u64, all: bool) -> Option<Vec<Cell>> {
    let words = if all { format!("{}, not listed", number(n)) } else { format!("and {}", counted(n, "earlier one", "earlier ones")) };
    let name = Cell::Pair(device.name.clone(), client.name.clone());
    (n > 0).then(|| vec![name, Cell::Text(none()), Cell::Text(words), Cell::Text(none()), Cell::Text(none())])
}

fn left_out(report: &Compliance, blocks: &mut Vec<Block>) {
    blocks.push(Block::Heading(1, "Time left out".to_owned()));
    let mut rows = Vec::new();
    for (client, device) in devices(report) {
        rows.extend(earlier(client, device, device.earlier_left_out, device.left_out.is_empty()));
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
