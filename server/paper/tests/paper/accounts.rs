//! A list of accounts with their days, as the Backup Summary Report has it; and whose document it is.

use paper::{
    Mark,
    brand::{Brand, Colour, Logo},
    document::{Block, Cell, Column, Cover, Day, Days, Document, Imprint, Page, Sign, Table, Tile, Workload},
};

pub const HASH: &str = "9f2c1b7de0a4853c6f1d2e9b8a7c4450f3e6d1b2a5c8970416e3d2f1b0a9c8d7";

pub fn brand() -> Brand {
    Brand {
        name: "Nordwind IT-Partner GmbH & Co. KG".to_owned(),
        colour: Colour(0x0b, 0x5c, 0x8e),
        logo: Some(logo()),
        footer: "Nordwind IT-Partner GmbH & Co. KG · Hafenstraße 12, 20457 Hamburg · service@nordwind.example".to_owned(),
    }
}

/// A disc with a wave, 240 by 80.
fn logo() -> Logo {
    let (width, height) = (240_u32, 80_u32);
    let mut pixels = Vec::new();
    for y in 0..height {
        for x in 0..width {
            let (dx, dy) = (x as f32 - 40.0, y as f32 - 40.0);
            let disc = (dx * dx + dy * dy).sqrt() < 38.0;
            let wave = (y as f32 - 40.0 - 8.0 * (x as f32 / 11.0).sin()).abs() < 5.0;
            let bar = x > 96 && (28..52).contains(&y) && (x / 24) % 2 == 0;
            pixels.extend(match (disc, wave, bar) {
                (true, true, _) => [255, 255, 255, 255],
                (true, false, _) | (_, _, true) => [0x0b, 0x5c, 0x8e, 255],
                _ => [0, 0, 0, 0],
            });
        }
    }
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(png::ColorType::Rgba);
    encoder.write_header().and_then(|mut w| w.write_image_data(&pixels)).unwrap_or_default();
    Logo::read(&file).unwrap_or_else(|e| panic!("{e}"))
}

/// A list of accounts with their days, as the Backup Summary Report has it.
pub fn accounts(rows: usize, days: usize) -> Document {
    let workloads = [('M', "Mail"), ('D', "Drive"), ('C', "Contacts"), ('K', "Calendar"), ('T', "Tasks"), ('S', "SharePoint")];
    let row = |n: usize| {
        let states: Vec<Day> = (0..days)
            .map(|d| match (n * 31 + d * 7) % 97 {
                0..4 => Day::Unhealthy,
                4..8 => Day::Warning,
                8..10 => Day::Missed,
                10 => Day::Deactivated,
                11..13 => Day::NoData,
                _ => Day::Healthy,
            })
            .collect();
        vec![
            Cell::Text(match n % 50 {
                7 => format!("мария.иванова{n}@почта.example"),
                23 => format!("田中{n}@contoso.example"),
                _ => format!(
                    "{}.{}{n}@contoso-industries.example",
                    ["ulrich", "yannick", "paul", "elena"][n % 4],
                    ["rossi", "andersen", "garcia"][n % 3]
                ),
            }),
            Cell::Text(format!("2026-10-31 {:02}:{:02}", n % 24, n * 7 % 60)),
            Cell::Text(domain::text::count((n as i64 * 7_919) % 3_000_000)),
            Cell::Text(domain::text::bytes((n as i64 * 104_729_131) % 40_000_000_000)),
            Cell::Workloads(
                workloads
                    .iter()
                    .enumerate()
                    .map(|(w, (letter, name))| Workload { letter: *letter, name: (*name).to_owned(), active: !(n + w).is_multiple_of(5) })
                    .collect(),
            ),
            Cell::Days(Days {
                alternative: format!("{days} days: {} healthy", states.iter().filter(|s| **s == Day::Healthy).count()),
                days: states,
            }),
        ]
    };
    Document {
        title: "Backup Summary Report".to_owned(),
        subject: "Contoso Industries, October 2026".to_owned(),
        language: "en".to_owned(),
        page: Page::Landscape,
        brand: brand(),
        imprint: imprint(),
        blocks: vec![
            Block::Masthead(Cover {
                above: "Account level".to_owned(),
                title: "Backup Summary Report".to_owned(),
                subtitle: "Contoso Industries — 株式会社コントソ".to_owned(),
                facts: vec![
                    ("Provided by".to_owned(), "Nordwind IT-Partner GmbH & Co. KG".to_owned()),
                    ("Period".to_owned(), "1 October 2026 – 31 October 2026 (Europe/Berlin)".to_owned()),
                ],
            }),
            Block::Tiles(vec![
                Tile { label: "Accounts".to_owned(), value: rows.to_string(), note: "12 deactivated".to_owned(), mark: None },
                Tile {
                    label: "Protected yesterday".to_owned(),
                    value: "88".to_owned(),
                    note: "of 100".to_owned(),
                    mark: Some(Mark::Warning),
                },
                Tile { label: "Total objects".to_owned(), value: "135,762,329".to_owned(), note: String::new(), mark: None },
                Tile { label: "Total size".to_owned(), value: "1.9 TiB".to_owned(), note: String::new(), mark: None },
            ]),
            Block::Legend(
                [
                    (Day::VeryHealthy, "Very healthy"),
                    (Day::Healthy, "Healthy"),
                    (Day::Warning, "With warnings"),
                    (Day::Missed, "Missed"),
                    (Day::Unhealthy, "Unhealthy"),
                    (Day::Deactivated, "Deactivated"),
                    (Day::NoData, "No data"),
                ]
                .into_iter()
                .map(|(day, word)| (Sign::Day(day), word.to_owned()))
                .chain([(Sign::Active('M'), "Active workload".to_owned()), (Sign::Inactive('M'), "Inactive workload".to_owned())])
                .collect(),
            ),
            Block::Table(Table {
                summary: "Each account with its last backup and its days".to_owned(),
                columns: vec![
                    Column::text("Account", 5.0),
                    Column::text("Last backup", 2.0),
                    Column::number("Objects", 1.4),
                    Column::number("Size", 1.3),
                    Column::drawing("Workloads", 92.0),
                    Column::drawing("Daily status, day 1–31", 210.0),
                ],
                rows: (0..rows).map(row).collect(),
                empty: "No accounts.".to_owned(),
            }),
        ],
    }
}

pub fn imprint() -> Imprint {
    Imprint {
        generated: "Generated 1 November 2026 06:00 (Europe/Berlin)".to_owned(),
        made_at: 1_793_512_800_000,
        inputs_hash: HASH.to_owned(),
        verify_at: "https://holdfast.nordwind.example/verify".to_owned(),
    }
}
