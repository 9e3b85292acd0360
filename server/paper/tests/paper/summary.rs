//! Backup Summary Reports to look at, to test and to measure with.

use crate::accounts::HASH;
use paper::{
    backup_summary::{BackupSummary, Level, Row},
    document::{Day, Workload},
};

const WORKLOADS: [(char, &str); 6] =
    [('E', "Email"), ('D', "Drive"), ('C', "Contacts"), ('K', "Calendar"), ('T', "Tasks"), ('S', "SharePoint")];

/// A report of so many accounts and devices in October 2026.
pub fn summary(level: Level, accounts: usize, devices: usize) -> BackupSummary {
    let (of_accounts, of_devices) = match level {
        Level::Account => ((0..accounts).map(account).collect(), (0..devices).map(device).collect()),
        Level::Organization => {
            let some = |n: usize, all: usize| if all == 0 { 0 } else { n };
            (WORKLOADS.iter().enumerate().take(some(6, accounts)).map(workload).collect(), (0..some(2, devices)).map(class).collect())
        }
    };
    BackupSummary {
        level,
        partner: "Nordwind IT-Partner GmbH & Co. KG".to_owned(),
        client: "Contoso Industries — 株式会社コントソ".to_owned(),
        month: "October 2026".to_owned(),
        range: "1 – 31 October 2026".to_owned(),
        days: 31,
        zone: "Europe/Berlin".to_owned(),
        generated: "2026-11-05 06:00".to_owned(),
        made_at: 1_793_858_400_000,
        inputs_hash: HASH.to_owned(),
        verify_at: "https://holdfast.nordwind.example/verify".to_owned(),
        activated: (accounts - accounts / 9) as u64,
        deactivated: (accounts / 9) as u64,
        devices: devices as u64,
        paused: 0,
        workloads: if accounts == 0 { Vec::new() } else { WORKLOADS.iter().map(|(_, name)| (*name).to_owned()).collect() },
        of_accounts,
        of_devices,
    }
}

fn days(seed: usize, of: impl Fn(usize) -> Day) -> Vec<Day> {
    (0..31).map(|day| of((seed * 31 + day * 7) % 97)).collect()
}

fn account(n: usize) -> Row {
    let off = n % 9 == 4;
    let name = match n % 50 {
        7 => format!("мария.иванова{n}@почта.example"),
        23 => format!("田中{n}@contoso.example"),
        _ => format!(
            "{}.{}{n}@contoso-industries.example",
            ["ulrich", "yannick", "paul", "elena"][n % 4],
            ["rossi", "andersen", "garcia"][n % 3]
        ),
    };
    Row {
        name,
        note: if off { "Deactivated".to_owned() } else { String::new() },
        last: if off { String::new() } else { format!("2026-10-31 {:02}:{:02}", n % 24, n * 7 % 60) },
        objects: (!off).then_some((n as i64 * 7_919) % 3_000_000),
        bytes: (!off).then_some((n as i64 * 104_729_131) % 40_000_000_000),
        workloads: WORKLOADS
            .iter()
            .enumerate()
            .map(|(w, (letter, name))| Workload { letter: *letter, name: (*name).to_owned(), active: !off && !(n + w).is_multiple_of(5) })
            .collect(),
        days: days(n, |place| match place {
            _ if off => Day::Deactivated,
            0..3 => Day::Unhealthy,
            3..5 => Day::NoData,
            _ => Day::Healthy,
        }),
        ..Row::default()
    }
}

fn device(n: usize) -> Row {
    Row {
        name: format!("{}-{:02}.corp.example", ["srv-db", "srv-file", "ws-anna", "ws-jürgen"][n % 4], n + 1),
        note: if n % 4 < 2 { "Server" } else { "Workstation" }.to_owned(),
        last: format!("2026-10-31 {:02}:14", n % 24),
        objects: Some((n as i64 * 7_919) % 3_000_000),
        bytes: Some((n as i64 * 104_729_131) % 40_000_000_000),
        jobs: 1 + n as u64 % 3,
        days: days(n, |place| if place < 4 { Day::Unhealthy } else { Day::Healthy }),
        ..Row::default()
    }
}

fn rolled_up(place: usize) -> Day {
    match place {
        0..5 => Day::Unhealthy,
        5..20 => Day::Healthy,
        _ => Day::VeryHealthy,
    }
}

fn workload((n, (letter, name)): (usize, &(char, &str))) -> Row {
    Row {
        name: (*name).to_owned(),
        note: if n == 5 { "0 active accounts".to_owned() } else { "88 active accounts".to_owned() },
        last: if n == 5 { String::new() } else { format!("2026-10-31 23:{:02}", 10 + n) },
        objects: (n < 5).then_some(1_234_567 * (n as i64 + 1)),
        bytes: (n < 5).then_some(123_456_789_012 * (n as i64 + 1)),
        workloads: vec![Workload { letter: *letter, name: (*name).to_owned(), active: n < 5 }],
        days: days(n, |place| if n == 5 { Day::Deactivated } else { rolled_up(place) }),
        ..Row::default()
    }
}

fn class(n: usize) -> Row {
    Row {
        name: ["Servers", "Workstations"][n].to_owned(),
        note: "12 active devices".to_owned(),
        last: "2026-10-31 23:58".to_owned(),
        objects: Some(9_876_543),
        bytes: Some(987_654_321_098),
        days: days(n + 3, rolled_up),
        ..Row::default()
    }
}
