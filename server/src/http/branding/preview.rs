//! A made-up compliance report, to show how documents look.

use ::paper::{
    brand::Brand,
    compliance::{Breach, Client, Compliance, Device, Gap, LeftOut, Rule, Test, Tests, Totals, document},
    document::Document,
};

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

pub(super) fn sample(brand: &Brand) -> Document {
    let devices = vec![
        device("db-01.example", "Server", 12, Some(10_000), 0),
        device("files.example", "Server", 12, Some(9_871), 2),
        device("front-desk", "Workstation", 24, Some(10_000), 0),
        Device {
            left_out: vec![LeftOut {
                cause: "Paused".into(),
                from: "3 Aug 2026, 09:00".into(),
                until: "31 Aug 2026, 08:00".into(),
                length: 28 * DAY,
            }],
            tests: Tests::default(),
            ..device("workshop", "Workstation", 24, Some(10_000), 0)
        },
    ];
    let total = Totals {
        share: Some(9_967),
        devices: 4,
        meeting: 4,
        in_breach: 0,
        out: 0,
        breaches: 2,
        longest_gap: Some(31 * HOUR),
        tests_passed: 3,
        tests_failed: 0,
    };
    let rule =
        |class: &str, hours| Rule { scope: "All clients".into(), class: class.into(), hours, from: String::new(), until: String::new() };
    let report = Compliance {
        partner: brand.name.clone(),
        client: "A client to look at".into(),
        period: "1 July – 30 September 2026".into(),
        zone: "UTC".into(),
        generated: "1 October 2026, 06:00".into(),
        made_at: 1_790_834_400_000,
        so_far: false,
        inputs_hash: "0".repeat(64),
        verify_at: String::new(),
        rules: vec![rule("Servers", 12), rule("Workstations", 24)],
        total: total.clone(),
        clients: vec![Client { name: "A client to look at".into(), total, devices }],
    };
    document(&report, brand)
}

fn device(name: &str, class: &str, hours: i64, share: Option<u32>, breaches: usize) -> Device {
    let breach = |n: usize| Breach {
        from: format!("{} Jul 2026, 14:00", 6 + n * 9),
        until: format!("{} Jul 2026, 02:10", 7 + n * 9),
        began_before: false,
        ongoing: false,
        hours,
        counted: 12 * HOUR + 600_000,
    };
    let last =
        Test { at: "12 Sep 2026, 10:00".into(), age: 18 * DAY, passed: true, rpo_seconds: Some(9 * 3_600), rto_seconds: Some(1_320) };
    Device {
        name: name.into(),
        class: class.into(),
        hours,
        share,
        breach_since: None,
        out: None,
        longest_gap: Some(Gap { length: if breaches > 0 { 31 * HOUR } else { 11 * HOUR }, from: String::new(), until: String::new() }),
        breaches: (0..breaches).map(breach).collect(),
        earlier_breaches: 0,
        left_out: Vec::new(),
        earlier_left_out: 0,
        tests: Tests { passed: 1, failed: 0, last: Some(last) },
    }
}
