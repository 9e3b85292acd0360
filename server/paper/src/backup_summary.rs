//! The Backup Summary Report (D7): what was backed up of an organization in a month, day by day. Two documents of the same data: account
//! level, with a row for each account and device, and organization level, with a row for each workload and class of device.
//!
//! All figures are given, and times come as they are to be read. The legend has the words of the source; the bars can be read without colour.

mod words;

use crate::{
    Mark,
    brand::Brand,
    document::{Block, Cell, Column, Cover, Day, Days, Document, Imprint, Page, Sign, Table, Tile, Workload},
};
use domain::text::{bytes, count};

/// Width of the bars, in points: those of 31 days.
const BARS: f32 = 210.0;

/// Which of the two documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// A row for each account.
    Account,
    /// A row for each workload.
    Organization,
}

impl Level {
    /// Its name, for people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Account => "Account level",
            Self::Organization => "Organization level",
        }
    }
}

/// Everything that one of the two documents says.
#[derive(Clone, Debug)]
pub struct BackupSummary {
    /// Which document.
    pub level: Level,
    /// Whose client it is.
    pub partner: String,
    /// The organization.
    pub client: String,
    /// "October 2026".
    pub month: String,
    /// "1 – 31 October 2026".
    pub range: String,
    /// Days of the month.
    pub days: usize,
    /// The zone in which times are given: "Europe/Berlin".
    pub zone: String,
    /// When it was made, as it is to be read, without the zone.
    pub generated: String,
    /// The same, milliseconds UTC.
    pub made_at: i64,
    /// Hash of the inputs, hexadecimal.
    pub inputs_hash: String,
    /// Address below which the hash can be verified; empty: nowhere.
    pub verify_at: String,
    /// Accounts activated at the end of the month.
    pub activated: u64,
    /// Accounts deactivated then.
    pub deactivated: u64,
    /// Devices backed up at the end of the month.
    pub devices: u64,
    /// Devices paused or retired then.
    pub paused: u64,
    /// Workloads that were asked about, by name.
    pub workloads: Vec<String>,
    /// Accounts, or workloads.
    pub of_accounts: Vec<Row>,
    /// Devices, or classes of devices.
    pub of_devices: Vec<Row>,
}

/// A row of either table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// Address, name, workload or class.
    pub name: String,
    /// What explains it, small; empty: nothing.
    pub note: String,
    /// When the last successful backup ended; empty: there was none in the month.
    pub last: String,
    /// Objects it held.
    pub objects: Option<i64>,
    /// Bytes it held.
    pub bytes: Option<i64>,
    /// Workloads, in the order of icons.
    pub workloads: Vec<Workload>,
    /// Backup sets of a device.
    pub jobs: u64,
    /// What each day was.
    pub days: Vec<Day>,
}

/// The report as a document.
pub fn document(report: BackupSummary, brand: &Brand) -> Document {
    let generated = format!("{} ({})", report.generated, report.zone);
    let mut blocks = vec![masthead(&report, &generated), tiles(&report), Block::Paragraph(words::in_short(&report))];
    blocks.push(Block::Legend(legend(&report)));
    let title = format!("Backup Summary Report, {}", report.level.name().to_lowercase());
    let (subject, days) = (format!("{}, {}", report.client, report.month), report.days);
    let imprint = Imprint {
        generated: format!("Generated {generated}"),
        made_at: report.made_at,
        inputs_hash: report.inputs_hash.clone(),
        verify_at: report.verify_at.clone(),
    };
    let end = ending(&report);
    let both = !report.of_accounts.is_empty() && !report.of_devices.is_empty();
    let (level, month) = (report.level, report.month);
    if both {
        blocks.push(Block::Heading(2, of_accounts_name(level).to_owned()));
    }
    if !report.of_accounts.is_empty() {
        blocks.push(Block::Table(of_accounts(level, &month, days, report.of_accounts)));
    }
    if both {
        blocks.push(Block::Heading(2, "Devices".to_owned()));
    }
    if !report.of_devices.is_empty() {
        blocks.push(Block::Table(of_devices(level, &month, days, report.of_devices)));
    }
    blocks.extend(end);
    Document { title, subject, language: "en".to_owned(), page: Page::Landscape, brand: brand.clone(), imprint, blocks }
}

const fn of_accounts_name(level: Level) -> &'static str {
    match level {
        Level::Account => "Accounts",
        Level::Organization => "Workloads",
    }
}

fn masthead(report: &BackupSummary, generated: &str) -> Block {
    let accounts = format!(
        "{} ({} activated, {} deactivated at the end of the month)",
        number(report.activated + report.deactivated),
        number(report.activated),
        number(report.deactivated)
    );
    let workloads = if report.workloads.is_empty() { "None".to_owned() } else { report.workloads.join(", ") };
    let mut facts = vec![
        ("Partner", report.partner.clone()),
        ("Organization", report.client.clone()),
        ("Date range", format!("{} ({})", report.range, report.zone)),
        ("Workloads", workloads),
        ("Details", report.level.name().to_owned()),
        ("Number of accounts", accounts),
    ];
    if report.devices + report.paused > 0 {
        facts.push(("Number of devices", number(report.devices + report.paused)));
    }
    facts.push(("Generated", generated.to_owned()));
    Block::Masthead(Cover {
        above: report.level.name().to_owned(),
        title: "Backup Summary Report".to_owned(),
        subtitle: format!("{}, {}", report.client, report.month),
        facts: facts.into_iter().map(|(word, fact)| (word.to_owned(), fact)).collect(),
    })
}

fn tiles(report: &BackupSummary) -> Block {
    let rows = || report.of_accounts.iter().chain(&report.of_devices);
    let sum =
        |of: fn(&Row) -> Option<i64>| rows().filter_map(of).fold(None, |all: Option<i64>, n| Some(all.unwrap_or(0).saturating_add(n)));
    let healthy = words::healthy_share(report);
    let mark = match healthy {
        None => Mark::Unknown,
        Some(9_900..) => Mark::Good,
        Some(9_500..) => Mark::Warning,
        Some(_) => Mark::Bad,
    };
    let off = format!("{} deactivated", number(report.deactivated));
    let mut tiles = Vec::with_capacity(4);
    if !report.of_accounts.is_empty() {
        tiles.push(tile("Activated accounts", &number(report.activated), &off, None));
    }
    if report.devices + report.paused > 0 {
        let note = if report.paused == 0 { "all backed up".to_owned() } else { format!("{} paused or retired", number(report.paused)) };
        tiles.push(tile("Devices", &number(report.devices), &note, None));
    }
    tiles.push(tile("Healthy days", &crate::compliance::share(healthy), "of the days on which backups were due", Some(mark)));
    let held = sum(|row| row.objects).map_or_else(|| "in the last successful backups".to_owned(), |n| format!("{} objects", count(n)));
    tiles.push(tile("Last successful backups", &sum(|row| row.bytes).map_or_else(none, bytes), &held, None));
    Block::Tiles(tiles)
}

fn legend(report: &BackupSummary) -> Vec<(Sign, String)> {
    let mut legend: Vec<(Sign, String)> =
        words::states(report.level).iter().map(|(day, word, _)| (Sign::Day(*day), (*word).to_owned())).collect();
    let mut letters: Vec<(char, &str)> = Vec::new();
    for workload in report.of_accounts.iter().flat_map(|row| &row.workloads) {
        if !letters.iter().any(|(letter, _)| *letter == workload.letter) {
            letters.push((workload.letter, &workload.name));
        }
        // As many as there are at all.
        if letters.len() >= 6 {
            break;
        }
    }
    let first = letters.first().map(|(letter, _)| *letter);
    legend.extend(letters.into_iter().map(|(letter, name)| (Sign::Active(letter), name.to_owned())));
    legend.extend(first.map(|letter| (Sign::Inactive(letter), "dotted: inactive".to_owned())));
    legend
}

fn bars(days: usize) -> Column {
    Column::drawing(&format!("Backup summary, days 1–{days}"), BARS)
}

fn of_accounts(level: Level, month: &str, days: usize, rows: Vec<Row>) -> Table {
    let (head, summary, icons) = match level {
        Level::Account => ("Account", "Each account with its last successful backup and what each day was", 92.0),
        Level::Organization => ("Workload", "Each workload over all accounts with its last successful backup and what each day was", 46.0),
    };
    Table {
        summary: format!("{summary}, {month}"),
        columns: vec![
            Column::text(head, 5.0),
            Column::text("Last backup", 2.1),
            Column::number("Total objects", 1.5),
            Column::number("Total size", 1.4),
            Column::drawing(if level == Level::Account { "Workload status" } else { "Status" }, icons),
            bars(days),
        ],
        rows: rows.into_iter().map(|row| account(level, row)).collect(),
        empty: String::new(),
    }
}

fn account(level: Level, row: Row) -> Vec<Cell> {
    let days = bar(level, row.days);
    vec![
        named(row.name, row.note),
        last(row.last),
        Cell::Text(row.objects.map_or_else(none, count)),
        Cell::Text(row.bytes.map_or_else(none, bytes)),
        Cell::Workloads(row.workloads),
        days,
    ]
}

fn of_devices(level: Level, month: &str, days: usize, rows: Vec<Row>) -> Table {
    let (head, summary) = match level {
        Level::Account => ("Device", "Each device with its last successful backup and what each day was"),
        Level::Organization => ("Devices", "Each class of devices with its last successful backups and what each day was"),
    };
    let mut columns = vec![
        Column::text(head, 5.0),
        Column::text("Last backup", 2.1),
        Column::number("Total objects", 1.5),
        Column::number("Total size", 1.4),
    ];
    if level == Level::Account {
        columns.push(Column::number("Backup sets", 1.2));
    }
    columns.push(bars(days));
    let device = |row: Row| {
        let days = bar(level, row.days);
        let mut cells = vec![
            named(row.name, row.note),
            last(row.last),
            Cell::Text(row.objects.map_or_else(none, count)),
            Cell::Text(row.bytes.map_or_else(none, bytes)),
        ];
        if level == Level::Account {
            cells.push(Cell::Text(number(row.jobs)));
        }
        cells.push(days);
        cells
    };
    Table { summary: format!("{summary}, {month}"), columns, rows: rows.into_iter().map(device).collect(), empty: String::new() }
}

fn named(name: String, note: String) -> Cell {
    if note.is_empty() { Cell::Text(name) } else { Cell::Pair(name, note) }
}

fn last(last: String) -> Cell {
    if last.is_empty() { Cell::text("None in this month") } else { Cell::Text(last) }
}

fn bar(level: Level, days: Vec<Day>) -> Cell {
    Cell::Days(Days { alternative: words::told(level, &days), days })
}

/// What each state means, what the columns hold, and where the document can be verified.
fn ending(report: &BackupSummary) -> Vec<Block> {
    let mut blocks = vec![Block::Heading(2, "How to read this report".to_owned())];
    let states = words::states(report.level).iter().map(|(_, word, meaning)| ((*word).to_owned(), (*meaning).to_owned()));
    let columns = words::columns(report.level).iter().map(|(word, meaning)| ((*word).to_owned(), (*meaning).to_owned()));
    blocks.push(Block::Definitions(states.chain(columns).collect()));
    if !report.verify_at.is_empty() {
        let to = format!("{}/{}", report.verify_at, report.inputs_hash);
        blocks.push(Block::Link { text: format!("Verify this document at {}", report.verify_at), to });
    }
    blocks
}

fn tile(label: &str, value: &str, note: &str, mark: Option<Mark>) -> Tile {
    Tile { label: label.to_owned(), value: value.to_owned(), note: note.to_owned(), mark }
}

fn none() -> String {
    "–".to_owned()
}

fn number(n: u64) -> String {
    count(i64::try_from(n).unwrap_or(i64::MAX))
}
