//! Makes a device: what it is called, what runs on it, when its story began.

use super::Client;
use crate::{
    Fleet,
    course::{Course, Growth, Kind, NEVER, Shape},
    dice::{Dice, seed},
    plan::{DevicePlan, JobPlan},
    policies,
    story::Story,
};
use domain::{
    policy::{DeviceClass, DeviceLife},
    run::Tool,
    schedule::Schedule,
    time::{Span, Time},
};
use std::collections::HashSet;

const DEVICE: u64 = 8 << 32;
const GIB: i64 = 1 << 30;

/// What a machine is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Directory,
    Files,
    Database,
    Hypervisor,
    Mail,
    Application,
    Web,
    Archive,
    Laptop,
    Desktop,
    FrontDesk,
}

impl Part {
    const fn stem(self) -> &'static str {
        match self {
            Self::Directory => "srv-dc",
            Self::Files => "fs-",
            Self::Database => "pg-",
            Self::Hypervisor => "pve-",
            Self::Mail => "mail-",
            Self::Application => "app-erp",
            Self::Web => "web-",
            Self::Archive => "nas-",
            Self::Laptop => "lt-",
            Self::Desktop => "pc-",
            Self::FrontDesk => "",
        }
    }

    const fn tag(self) -> &'static str {
        match self {
            Self::Directory => "domain controller",
            Self::Files => "file server",
            Self::Database => "postgresql",
            Self::Hypervisor => "hypervisor",
            Self::Mail => "mail",
            Self::Application => "erp",
            Self::Web => "web",
            Self::Archive => "archive",
            Self::Laptop => "laptop",
            Self::Desktop => "desktop",
            Self::FrontDesk => "front desk",
        }
    }

    const fn windows(self) -> bool {
        !matches!(self, Self::Database | Self::Hypervisor | Self::Mail | Self::Web | Self::Archive)
    }

    /// GiB of a small and of a large one.
    const fn sizes(self) -> (i64, i64) {
        match self {
            Self::Directory => (40, 120),
            Self::Files => (300, 3_800),
            Self::Database => (20, 900),
            Self::Hypervisor => (250, 2_400),
            Self::Mail => (60, 800),
            Self::Application => (80, 600),
            Self::Web => (8, 90),
            Self::Archive => (900, 6_500),
            Self::Laptop => (15, 180),
            Self::Desktop | Self::FrontDesk => (10, 140),
        }
    }
}

const DEPARTMENTS: [&str; 9] = ["office", "sales", "cad", "lab", "hr", "finance", "studio", "stock", "it"];

/// Names given so far.
#[derive(Default)]
struct Names(HashSet<String>);

impl Names {
    /// `stem` with the first free number of two digits.
    fn numbered(&mut self, stem: &str) -> String {
        (1..).map(|n| format!("{stem}{n:02}")).find(|name| self.0.insert(name.clone())).unwrap_or_default()
    }

    /// `name`, with a number only where it is taken.
    fn plain(&mut self, name: String) -> String {
        if self.0.insert(name.clone()) {
            return name;
        }
        (2..).map(|n| format!("{name}{n}")).find(|name| self.0.insert(name.clone())).unwrap_or_default()
    }
}

pub(super) fn devices(fleet: &Fleet, organization: usize, client: &Client, stories: &[Story]) -> Vec<DevicePlan> {
    let mut names = Names::default();
    let of_organization = seed(fleet.seed, DEVICE + organization as u64);
    let mut servers = stories.iter().filter(|story| story.class() == Some(DeviceClass::Server)).count();
    let mut directories = 0;
    stories
        .iter()
        .enumerate()
        .map(|(place, story)| {
            let own = seed(of_organization, place as u64);
            let mut dice = Dice::new(own, 1);
            let class = story.class().unwrap_or_else(|| {
                // Who has a handful of machines has a server.
                let first = servers == 0 && stories.len() > 3;
                servers += usize::from(first);
                if first || dice.in_10_000(2_300) { DeviceClass::Server } else { DeviceClass::Workstation }
            });
            let part = part(*story, class, directories, client, &mut dice);
            directories += usize::from(part == Part::Directory);
            device(fleet, client, *story, class, part, own, &mut names)
        })
        .collect()
}

fn part(story: Story, class: DeviceClass, directories: usize, client: &Client, dice: &mut Dice) -> Part {
    match (story, class) {
        (Story::Holiday, _) => Part::Laptop,
        (Story::EveryQuarter, _) => Part::Database,
        (Story::Hourly | Story::EmptiedSource | Story::FailingDisk, _) => Part::Files,
        (Story::FailedRestoreTest, _) => dice.of(&[Part::Database, Part::Hypervisor, Part::Application, Part::Files]),
        (_, DeviceClass::Server) if directories == 0 && story == Story::Steady => Part::Directory,
        (_, DeviceClass::Server) => {
            let archive = if story == Story::Steady { Part::Archive } else { Part::Files };
            dice.of(&[
                Part::Directory,
                Part::Files,
                Part::Files,
                Part::Database,
                Part::Hypervisor,
                Part::Hypervisor,
                Part::Mail,
                Part::Application,
                Part::Application,
                Part::Web,
                archive,
            ])
        }
        (_, DeviceClass::Workstation) if client.place.culture().desk.is_some() && dice.in_10_000(600) => Part::FrontDesk,
        (_, DeviceClass::Workstation) => dice.of(&[Part::Laptop, Part::Laptop, Part::Laptop, Part::Desktop, Part::Desktop]),
    }
}

fn name(part: Part, client: &Client, names: &mut Names, dice: &mut Dice) -> String {
    match part {
        Part::Laptop => names.plain(format!("lt-{}", dice.of(client.place.culture().people))),
        Part::Desktop => names.numbered(&format!("pc-{}-", dice.of(&DEPARTMENTS))),
        Part::FrontDesk => names.numbered(&format!("{}-", client.place.culture().desk.unwrap_or("desk"))),
        _ => names.numbered(part.stem()),
    }
}

fn device(fleet: &Fleet, client: &Client, story: Story, class: DeviceClass, part: Part, own: u64, names: &mut Names) -> DevicePlan {
    let mut dice = Dice::new(own, 2);
    let name = name(part, client, names, &mut dice);
    let until = fleet.until;
    let age = until - client.created_at;
    let hours = age.0 / Span::HOUR.0;
    // Most machines came with the client; trouble takes time to grow.
    let enrolled_at = match story {
        Story::NewDevice => until - Span::HOUR * dice.between(3, 150.min(hours.max(3))),
        _ if story.band().is_some() || dice.in_10_000(5_500) => {
            client.created_at + Span::MINUTE * dice.between(60, 60 * (hours / 50).max(2))
        }
        _ => client.created_at + Span::MINUTE * dice.between(60, 60 * (hours * 9 / 10).max(2)),
    };
    let hour = |n: i64| Span::HOUR * n;
    let trouble = match story {
        Story::FailingDisk => (until - Span::days(70), NEVER),
        Story::Flapping => (until - Span::days(30), NEVER),
        Story::WrongPassphrase => (until - hour(dice.between(98, 150)), until + hour(dice.between(18, 40))),
        Story::LockedRepository => (until - hour(36), until + hour(dice.between(5, 20))),
        Story::ServiceStopped => (until - hour(dice.between(92, 120)), until + hour(dice.between(5, 30))),
        Story::EmptiedSource => (until - hour(60), until + Span::days(3)),
        Story::StaleRestoreTest => (until - Span::days(dice.between(95, 130)), NEVER),
        Story::Recovered => {
            let from = until - Span::days(dice.between(25, 80));
            (from, from + Span::days(dice.between(4, 7)))
        }
        _ => (NEVER, NEVER),
    };
    let away = match story {
        Story::Holiday => (until - hour(dice.between(8 * 24, 15 * 24)), until + hour(dice.between(20, 6 * 24))),
        Story::SilentAgent => (until - hour(dice.between(8 * 24, 26 * 24)), NEVER),
        _ => (NEVER, NEVER),
    };
    let (life, life_from) = match story {
        Story::NewDevice => (DeviceLife::Pending, None),
        Story::Moving => (DeviceLife::Paused, Some(until - hour(dice.between(20, 200)))),
        Story::Retired => (DeviceLife::Retired, Some((until - hour(dice.between(200, 4_800))).max(enrolled_at + hour(30)))),
        _ => (DeviceLife::Active, None),
    };
    let (starts, first_run) = match story {
        // A third of them are set up while somebody watches; of the others nobody has thought since.
        Story::NewDevice if dice.in_10_000(4_000) => (until + Span::SECOND * dice.between(240, 9_000), true),
        Story::NewDevice => (NEVER, false),
        _ => (enrolled_at + Span::MINUTE * dice.between(5, 50), true),
    };
    let ends = [life_from, client.deactivated_from].into_iter().flatten().min().unwrap_or(NEVER);
    // Where an agent is silent or a machine is away there was one that could be heard.
    let agent = dice.in_10_000(8_500) || story.band().is_some();
    let (small, large) = part.sizes();
    let bytes = GIB / 64 * dice.between(small * 64, large * 64);
    let policy = match (story, part) {
        (Story::EveryQuarter, _) => policies::DATABASES,
        (Story::Hourly, _) => policies::SERVERS_HOURLY,
        (_, Part::Archive) => policies::ARCHIVE,
        (_, Part::Laptop) => policies::LAPTOPS,
        (_, Part::Desktop | Part::FrontDesk) => policies::WORKSTATIONS,
        _ => policies::SERVERS_NIGHTLY,
    };
    let daily = if story == Story::FullQuota { 950 } else { dice.between(80, 700) };
    let stored = bytes / 100 * dice.between(70, 190);
    let quota = (agent && (story == Story::FullQuota || dice.in_10_000(4_500))).then(|| quota(stored, &mut dice));
    let at_until = match (story, quota) {
        (Story::FullQuota, Some(quota)) => quota / 1_000 * 968,
        _ => stored,
    };
    let course = Course {
        seed: own,
        until,
        zone: client.zone,
        starts,
        ends,
        trouble,
        away,
        outage: client.outage,
        agent,
        mobile: class == DeviceClass::Workstation,
        storage: Growth { at_until, daily },
        restore_tests: matches!(policy, policies::SERVERS_NIGHTLY | policies::DATABASES),
        first_run,
    };
    let mut tags = vec![part.tag().to_owned()];
    tags.extend(story.tag().map(str::to_owned));
    if dice.in_10_000(500) {
        tags.push("vip".to_owned());
    }
    let hostname = match (name.is_ascii(), part.windows()) {
        (true, true) => name.to_uppercase(),
        (true, false) => format!("{name}.lan"),
        // What the machine is called may hold any letter, its name on the wire not.
        (false, _) => format!("PC-{:05X}", own >> 44),
    };
    let jobs = if starts == NEVER { Vec::new() } else { jobs(fleet, client, story, part, starts, bytes, &mut dice) };
    DevicePlan {
        name,
        hostname,
        class,
        policy,
        quota_bytes: quota,
        tags,
        agent_version: agent.then(|| dice.of(&["0.1.0", "0.1.0", "0.1.0", "0.0.9"]).to_owned()),
        enrolled_at,
        life,
        life_from,
        jobs,
        story,
        course,
    }
}

/// A quota as it is sold, of which `stored` is somewhere between a third and nine tenths.
fn quota(stored: i64, dice: &mut Dice) -> i64 {
    let wanted = stored / 100 * dice.between(125, 260);
    let mut step = 10 * GIB;
    while step * 8 < wanted {
        step *= 2;
    }
    (wanted / step + 1) * step
}

fn jobs(fleet: &Fleet, client: &Client, story: Story, part: Part, starts: Time, bytes: i64, dice: &mut Dice) -> Vec<JobPlan> {
    let until = fleet.until;
    let zone = client.place.zone;
    let luck = match story {
        Story::Steady => dice.of(&[20_u64, 40, 60, 60, 80, 100, 140, 300]),
        _ => 60,
    };
    let items_of = |bytes: i64, each: i64| (bytes / each).max(1);
    let tool = |name: &str, version: &str| Tool { name: name.to_owned(), version: version.to_owned() };
    let usual = || tool(client.tool.0, client.tool.1);
    let files = |bytes: i64, seconds: i64, offset: i64| Shape {
        kind: Kind::Files,
        bytes,
        items: items_of(bytes, 180_000),
        seconds,
        offset,
        windows: part.windows(),
        luck,
    };
    let job = |name: &str, schedule: Option<Schedule>, policy: usize, since: Time, tool: Tool, shape: Shape| {
        let policy = || fleet.partners.get(client.partner).and_then(|partner| partner.policies.get(policy));
        let follows = schedule.clone().or_else(|| policy().map(|plan| plan.policy.schedule.clone())).unwrap_or(Schedule::Learned);
        JobPlan { name: name.to_owned(), schedule, since, tool, follows, shape }
    };
    // Kept up to the policy since some weeks ago: before, once a night was enough.
    let lately = |days: i64, dice: &mut Dice| starts.max(until - Span::MINUTE * dice.between(days * 720, days * 1_440));
    let gib = bytes / GIB;
    let own = |place: usize| (!client.at_home).then(|| policies::CRON[place].map(|line| policies::cron(line, zone))).flatten();
    match part {
        Part::Laptop | Part::Desktop | Part::FrontDesk => {
            let place = if part == Part::Laptop { policies::LAPTOPS } else { policies::WORKSTATIONS };
            let shape = files(bytes, 90 + gib * dice.between(2, 9), dice.between(0, 9_000));
            return vec![job("User data", own(place), place, starts, usual(), shape)];
        }
        Part::Archive => {
            let place = policies::ARCHIVE;
            let shape = files(bytes, (gib * 3).min(17_000), dice.between(0, 14_000));
            return vec![job("Archive", own(place), place, starts, usual(), shape)];
        }
        _ => {}
    }
    let night = if story == Story::ClockChange {
        Some(policies::cron("30 2 * * *", zone))
    } else if client.own_night {
        let line = ["30 21 * * *", "15 22 * * *", "0 23 * * *", "30 23 * * *", "15 0 * * *", "0 1 * * *", "45 1 * * *"];
        Some(policies::cron(dice.of(&line), zone))
    } else {
        own(policies::SERVERS_NIGHTLY)
    };
    let offset = dice.between(0, if story == Story::ClockChange { 60 } else { 2_400 });
    let (kind, seconds) = match part {
        Part::Hypervisor => (Kind::Images, (gib * dice.between(4, 9)).clamp(600, 14_000)),
        Part::Database => (Kind::Database, (gib * dice.between(3, 8)).clamp(200, 9_000)),
        _ => (Kind::Files, (gib * dice.between(3, 10)).clamp(180, 14_000)),
    };
    let mut nightly = files(bytes, seconds, offset);
    nightly.kind = kind;
    nightly.items = match kind {
        Kind::Images => gib / 60 + 2,
        Kind::Database => items_of(bytes, 9 << 20),
        _ => nightly.items,
    };
    let night_tool = if kind == Kind::Database { tool("pgbackrest", "2.53") } else { usual() };
    let night_name = match kind {
        Kind::Images => "Virtual machines",
        Kind::Database => "Base backup",
        _ => "Nightly",
    };
    // Under a policy of another pace the nightly run keeps its own clock.
    let frequent = matches!(story, Story::EveryQuarter | Story::Hourly);
    let night = if frequent { night.or_else(|| Some(policies::cron("0 22 * * *", zone))) } else { night };
    let mut jobs = vec![job(night_name, night, policies::SERVERS_NIGHTLY, starts, night_tool, nightly)];
    match story {
        Story::EveryQuarter => {
            let mut shape = files(bytes / 900, dice.between(40, 260), dice.between(5, 50));
            shape.kind = Kind::Database;
            jobs.push(job("Transaction log", None, policies::DATABASES, lately(30, dice), tool("pgbackrest", "2.53"), shape));
        }
        Story::Hourly => {
            let shape = files(bytes / 4, dice.between(240, 1_500), dice.between(10, 240));
            jobs.push(job("Hourly snapshot", None, policies::SERVERS_HOURLY, lately(30, dice), usual(), shape));
        }
        Story::SlowLink => {
            let mut shape = files(bytes / 2, dice.between(900, 1_500), dice.between(10, 300));
            shape.kind = Kind::Sync;
            let every = Some(Schedule::Every { every_minutes: 150 });
            jobs.push(job("Copy to head office", every, policies::SERVERS_NIGHTLY, lately(40, dice), tool("rclone", "1.68.1"), shape));
        }
        // One job, so that its trouble is not made up for by another.
        Story::LockedRepository | Story::Flapping | Story::StuckRun | Story::EmptiedSource => {}
        _ => {
            let shape = files(bytes / 3, (seconds / 5).max(60), dice.between(0, 1_500));
            let daytime = Some(policies::cron("0 9,16 * * *", zone));
            jobs.push(job("Daytime", daytime, policies::SERVERS_NIGHTLY, lately(40, dice), usual(), shape));
        }
    }
    if kind == Kind::Images && dice.in_10_000(4_000) {
        let shape = files(40 * GIB, dice.between(300, 1_200), dice.between(0, 2_000));
        jobs.push(job("Host configuration", Some(policies::cron("0 4 * * 0", zone)), policies::SERVERS_NIGHTLY, starts, usual(), shape));
    }
    jobs
}
