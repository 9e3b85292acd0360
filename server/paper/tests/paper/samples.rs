//! Documents to look at and to test with.

use crate::{
    accounts::{HASH, accounts, brand, imprint},
    summary::summary,
};
use paper::{
    backup_summary::{self, Level},
    brand::Brand,
    compliance::{Breach, Client, Compliance, Device, Gap, LeftOut, Rule, Test, Tests, Totals, document},
    document::{Block, Cell, Column, Document, Page, Table},
};

const HOUR: i64 = 3_600_000;

pub fn all() -> Vec<(&'static str, Document)> {
    vec![
        ("compliance", document(&quarter(), &brand())),
        ("compliance-one-client", document(&one_client(), &Brand::plain("Nordwind IT-Partner GmbH & Co. KG"))),
        (
            "compliance-nothing",
            document(
                &Compliance { inputs_hash: HASH.to_owned(), zone: "UTC".to_owned(), client: "Contoso".to_owned(), ..Compliance::default() },
                &brand(),
            ),
        ),
        ("summary", accounts(100, 31)),
        ("backup-summary-account", backup_summary::document(summary(Level::Account, 100, 12), &brand())),
        ("backup-summary-organization", backup_summary::document(summary(Level::Organization, 100, 12), &brand())),
        ("backup-summary-devices", backup_summary::document(summary(Level::Account, 0, 5), &Brand::plain("Nordwind"))),
        ("scripts", scripts()),
    ]
}

pub const NAMES: &[&str] = &[
    "Contoso Industries AG",
    "Ελληνικά Ναυπηγεία Α.Ε.",
    "Мария Иванова и партнёры",
    "株式会社コントソ",
    "深圳市蓝天科技有限公司",
    "주식회사 한빛",
    "شركة الأفق للتجارة",
    "חברת השקד בע״מ",
    "नवभारत सेवा प्राइवेट लिमिटेड",
    "ร้านสมชายการค้า",
    "Đặng & Nguyễn Ltd.",
    "Łódź Żółw Sp. z o.o.",
    "தமிழ் வணிகம்",
    "Հայաստան Կապ",
];

fn quarter() -> Compliance {
    let mut clients = Vec::new();
    for (place, name) in NAMES.iter().enumerate() {
        let devices: Vec<Device> = (0..4 + place * 3 % 11).map(|n| device(place, n)).collect();
        clients.push(Client { name: (*name).to_owned(), total: totals(&devices), devices });
    }
    let every: Vec<Device> = clients.iter().flat_map(|c| c.devices.clone()).collect();
    Compliance {
        partner: "Nordwind IT-Partner GmbH & Co. KG".to_owned(),
        client: "All clients".to_owned(),
        period: "1 July – 30 September 2026".to_owned(),
        zone: "Europe/Berlin".to_owned(),
        generated: "1 October 2026 06:00".to_owned(),
        made_at: 1_790_827_200_000,
        so_far: false,
        inputs_hash: HASH.to_owned(),
        verify_at: "https://holdfast.nordwind.example/verify".to_owned(),
        rules: vec![
            Rule { scope: "All clients".to_owned(), class: "Servers".to_owned(), hours: 12, from: String::new(), until: String::new() },
            Rule {
                scope: "All clients".to_owned(),
                class: "Workstations".to_owned(),
                hours: 24,
                from: String::new(),
                until: "2026-08-14 09:12".to_owned(),
            },
            Rule {
                scope: "All clients".to_owned(),
                class: "Workstations".to_owned(),
                hours: 36,
                from: "2026-08-14 09:12".to_owned(),
                until: String::new(),
            },
            Rule {
                scope: NAMES[3].to_owned(),
                class: "Servers".to_owned(),
                hours: 4,
                from: "2026-07-20 14:00".to_owned(),
                until: String::new(),
            },
        ],
        total: totals(&every),
        clients,
    }
}

fn one_client() -> Compliance {
    let whole = quarter();
    let clients: Vec<Client> = whole.clients.into_iter().take(1).collect();
    let total = clients.first().map(|c| c.total.clone()).unwrap_or_default();
    Compliance { client: NAMES[0].to_owned(), clients, total, ..whole }
}

fn device(client: usize, n: usize) -> Device {
    let server = n.is_multiple_of(3);
    let seed = client * 7 + n * 13;
    let broken = seed.is_multiple_of(9);
    let count = if broken { 1 + seed % 3 } else { 0 };
    Device {
        name: if server {
            format!("srv-{}-{:02}.corp.example", ["db", "file", "mail", "app"][seed % 4], n + 1)
        } else {
            format!("ws-{:03}-{}", n + 1, ["anna", "jürgen", "мария", "notebook-of-the-finance-department"][seed % 4])
        },
        class: if server { "Server" } else { "Workstation" }.to_owned(),
        hours: if server { 12 } else { 36 },
        share: (seed % 17 != 5).then(|| if broken { 9_900 - (seed % 120) as u32 } else { 10_000 }),
        breach_since: seed.is_multiple_of(18).then(|| "2026-09-29 22:14".to_owned()),
        out: (seed % 17 == 5).then(|| "Paused".to_owned()),
        longest_gap: Some(Gap {
            length: (9 + (seed % 40) as i64) * HOUR + 22 * 60_000,
            from: "2026-08-02 02:10".to_owned(),
            until: "2026-08-03 11:32".to_owned(),
        }),
        breaches: (0..count)
            .map(|b| Breach {
                from: format!("2026-0{}-{:02} 14:05", 7 + b, 3 + seed % 20),
                until: format!("2026-0{}-{:02} 02:17", 7 + b, 5 + seed % 20),
                began_before: b == 0 && seed.is_multiple_of(2),
                ongoing: b + 1 == count && seed.is_multiple_of(18),
                hours: if server { 12 } else { 36 },
                counted: 36 * HOUR + 12 * 60_000,
            })
            .collect(),
        earlier_breaches: if seed.is_multiple_of(27) { 78 } else { 0 },
        left_out: (seed % 11 == 3)
            .then(|| LeftOut {
                cause: "Maintenance".to_owned(),
                from: "2026-07-14 22:00".to_owned(),
                until: "2026-07-15 04:00".to_owned(),
                length: 6 * HOUR,
            })
            .into_iter()
            .chain((seed % 17 == 5).then(|| LeftOut {
                cause: "Paused".to_owned(),
                from: "2026-07-01 00:00".to_owned(),
                until: String::new(),
                length: 92 * 24 * HOUR,
            }))
            .collect(),
        earlier_left_out: 0,
        tests: if seed % 4 == 1 {
            Tests::default()
        } else {
            let passed = seed % 13 != 2;
            let last = Test {
                at: "2026-09-12 10:00".to_owned(),
                age: 18 * 24 * HOUR,
                passed,
                rpo_seconds: Some(9 * 3_600 + 120),
                rto_seconds: Some(1_320),
            };
            Tests { passed: u64::from(passed), failed: u64::from(!passed), last: Some(last) }
        },
    }
}

fn totals(devices: &[Device]) -> Totals {
    let covered: Vec<u32> = devices.iter().filter_map(|d| d.share).collect();
    let n = covered.len() as u64;
    let out = devices.iter().filter(|d| d.out.is_some()).count() as u64;
    let in_breach = devices.iter().filter(|d| d.out.is_none() && d.breach_since.is_some()).count() as u64;
    Totals {
        share: (n > 0).then(|| covered.iter().sum::<u32>() / n as u32),
        devices: devices.len() as u64,
        meeting: devices.len() as u64 - in_breach - out,
        in_breach,
        out,
        breaches: devices.iter().map(|d| d.earlier_breaches + d.breaches.len() as u64).sum(),
        longest_gap: devices.iter().filter_map(|d| d.longest_gap.as_ref().map(|g| g.length)).max(),
        tests_passed: devices.iter().map(|d| d.tests.passed).sum(),
        tests_failed: devices.iter().map(|d| d.tests.failed).sum(),
    }
}

/// Names of every script, and what can't be shown.
pub fn scripts() -> Document {
    let more = [
        "বাংলা ব্যবসা",
        "ਪੰਜਾਬੀ ਸੇਵਾ",
        "ગુજરાતી વેપાર",
        "తెలుగు సంస్థ",
        "ಕನ್ನಡ ಸೇವೆ",
        "മലയാളം കമ്പനി",
        "සිංහල සමාගම",
        "ລາວ ບໍລິສັດ",
        "ភាសាខ្មែរ",
        "မြန်မာ ကုမ္ပဏီ",
        "საქართველო",
        "አማርኛ ኩባንያ",
        "mixed عربي and עברית in 日本語 line",
        "Party 🎉 Ltd. \u{1d573}",
        "zero\u{0}width\u{200d}joiner \u{e000}",
        "Ａ１ｂ full width",
        "שלום (2026) שלום",
        "Ａｅ́ combining e\u{301}\u{323}",
    ];
    Document {
        title: "Names".to_owned(),
        subject: String::new(),
        language: "en".to_owned(),
        page: Page::Portrait,
        brand: brand(),
        imprint: imprint(),
        blocks: vec![
            Block::Heading(1, "Names in every script".to_owned()),
            Block::Table(Table {
                summary: "Names".to_owned(),
                columns: vec![Column::text("Name", 4.0), Column::number("At the right", 3.0), Column::text("Narrow", 1.2)],
                rows: NAMES.iter().chain(&more).map(|name| vec![Cell::text(*name), Cell::text(*name), Cell::text(*name)]).collect(),
                empty: String::new(),
            }),
            Block::Heading(2, "株式会社コントソ and שלום in a head".to_owned()),
            Block::Link { text: "Where it leads".to_owned(), to: "https://holdfast.example/verify".to_owned() },
        ],
    }
}
