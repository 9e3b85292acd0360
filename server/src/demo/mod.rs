//! The demo: a made-up fleet in the store, with its history, kept moving as time goes on.
//!
//! Fills only a store that nobody uses, and remembers in two files of the data folder what it filled and how far it has come: the next
//! start makes up what happened meanwhile and goes on. What the fleet does is said by `fleet`; it comes in as events of real machines do.

mod clock;
mod feed;
mod mover;

pub use clock::demo_clock;
pub use mover::Mover;

use domain::{
    access::{Action, Actor, Scope},
    ids::PartnerId,
    time::{Span, Time},
};
use engine::{
    Engine,
    fill::{Progress, fill},
    store::{
        Store, StoreUrl,
        mail_domains::{self, Looked, NewDomain},
        partners,
        weekly::{self, NewWeekly},
    },
};
use fleet::{Fleet, Size, fleet};
use serde::{Deserialize, Serialize};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};
use tokio_util::sync::CancellationToken;

/// The password of all the demo's people, unless another was asked for.
pub const PASSWORD: &str = "holdfast-demo";

/// What is asked for; none: as it was filled, or the usual.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted {
    /// What the fleet is made from.
    pub seed: Option<u64>,
    /// How many organizations with devices.
    pub organizations: Option<u32>,
    /// How many devices.
    pub devices: Option<u32>,
    /// How many days of history.
    pub days: Option<u32>,
    /// How many SaaS customers.
    pub customers: Option<u32>,
    /// How many SaaS accounts.
    pub accounts: Option<u32>,
}

/// What was filled: `demo.json` in the data folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Plan {
    seed: u64,
    organizations: u32,
    devices: u32,
    days: u32,
    /// None in a demo from before there was SaaS.
    #[serde(default)]
    customers: u32,
    #[serde(default)]
    accounts: u32,
    until: Time,
    /// The fleet's partners in its order; none until the fill has ended.
    partners: Option<Vec<PartnerId>>,
}

/// Why there is no demo; one line that says what to do.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The store is somebody's.
    #[error("the database holds data that no demo made: choose another folder with --data, or another --database")]
    NotEmpty,
    /// A fill of a PostgreSQL database was broken off.
    #[error("an earlier fill was broken off: drop and make the database again, and remove {0}")]
    BrokenOff(String),
    /// Another fleet is there.
    #[error("this demo was filled with {0}: leave the options out to go on with it, or choose another folder with --data")]
    Another(String),
    /// The data folder.
    #[error("{0} can't be used: {1}")]
    Folder(String, std::io::Error),
    /// The engine.
    #[error("{0}")]
    Engine(#[from] engine::Error),
}

/// A demo in a store.
#[derive(Clone, Debug)]
pub struct Demo {
    fleet: Arc<Fleet>,
    partners: Arc<[PartnerId]>,
    folder: PathBuf,
}

/// Seldom enough for long gaps, often enough that what time does comes between what happens.
const STEP: Span = Span::minutes(15);

/// The plan of the folder's demo; none: there is none, or its file can't be read.
fn plan_in(folder: &Path) -> Option<Plan> {
    serde_json::from_str(&std::fs::read_to_string(plan_path(folder)).ok()?).ok()
}

fn plan_path(folder: &Path) -> PathBuf {
    folder.join("demo.json")
}

fn write(path: &Path, text: &str) -> Result<(), DemoError> {
    let wrong = |error| DemoError::Folder(path.display().to_string(), error);
    let new = path.with_extension("new");
    std::fs::write(&new, text).map_err(wrong)?;
    std::fs::rename(&new, path).map_err(wrong)
}

/// True when the folder's demo was filled to its end and its database is there, as far as that can be told without opening it.
pub fn is_filled(url: &StoreUrl, folder: &Path) -> bool {
    plan_in(folder).is_some_and(|plan| plan.partners.is_some())
        && match url {
            StoreUrl::Sqlite(path) => path.exists(),
            StoreUrl::Postgres(_) => true,
        }
}

/// What tells of a fill that was broken off, or is still under way; none: nothing does.
pub fn half_filled(folder: &Path) -> Option<PathBuf> {
    plan_in(folder).filter(|plan| plan.partners.is_none()).map(|_| plan_path(folder))
}

/// Before the store is opened: what a fill left behind that was broken off is removed.
///
/// # Errors
/// The database is not ours to remove.
pub fn clear(url: &StoreUrl, folder: &Path) -> Result<(), DemoError> {
    let Some(note) = half_filled(folder) else { return Ok(()) };
    let StoreUrl::Sqlite(path) = url else { return Err(DemoError::BrokenOff(note.display().to_string())) };
    for end in ["", "-wal", "-shm"] {
        let mut file = path.clone().into_os_string();
        file.push(end);
        match std::fs::remove_file(&file) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(DemoError::Folder(PathBuf::from(file).display().to_string(), error));
            }
            _ => {}
        }
    }
    Ok(())
}

impl Demo {
    /// The store's demo; an empty store is filled with one whose history ends at `now`. The second is true when it was.
    ///
    /// # Errors
    /// As [`DemoError`] says.
    pub async fn open(
        store: &Store,
        folder: &Path,
        wanted: Wanted,
        password: &str,
        now: Time,
        progress: impl Fn(Progress) + Send,
    ) -> Result<(Self, bool), DemoError> {
        std::fs::create_dir_all(folder).map_err(|error| DemoError::Folder(folder.display().to_string(), error))?;
        let known = partners::everything(store).await?;
        let held = |partner: &PartnerId| known.contains(*partner, None, None);
        if let Some(plan) = plan_in(folder)
            && let Some(partners) = &plan.partners
            && partners.iter().all(held)
        {
            plan.suits(wanted)?;
            return Ok((plan.demo(folder, partners.clone()), false));
        }
        if known.partner().is_some() {
            return Err(DemoError::NotEmpty);
        }
        let usual = Size::DEMO;
        let mut plan = Plan {
            seed: wanted.seed.unwrap_or(1),
            organizations: wanted.organizations.unwrap_or(usual.organizations),
            devices: wanted.devices.unwrap_or(usual.devices),
            days: wanted.days.unwrap_or(usual.days),
            customers: wanted.customers.unwrap_or(usual.customers),
            accounts: wanted.accounts.unwrap_or(usual.accounts),
            until: now,
            partners: None,
        };
        plan.write(folder)?;
        let fleet = plan.fleet();
        let filled = fill(store, &fleet, password, progress).await?;
        plan.until = fleet.until;
        plan.partners = Some(filled.partners.clone());
        let demo = plan.demo(folder, filled.partners);
        demo.mails_a_summary(store).await?;
        demo.has_come_to(fleet.until)?;
        plan.write(folder)?;
        Ok((demo, true))
    }

    /// What it is made from.
    pub fn fleet(&self) -> &Fleet {
        &self.fleet
    }

    /// All before this time is in the store.
    pub fn came_to(&self) -> Time {
        let text = std::fs::read_to_string(self.folder.join("demo.until")).unwrap_or_default();
        text.trim().parse().map_or(self.fleet.until, Time)
    }

    /// Where its clock goes on when the wall's shows `wall`: at a higher speed it may have come further, and doesn't go back.
    pub fn goes_on_at(&self, wall: Time) -> Time {
        wall.max(self.came_to())
    }

    pub(crate) fn has_come_to(&self, time: Time) -> Result<(), DemoError> {
        write(&self.folder.join("demo.until"), &format!("{}\n", time.0))
    }

    /// Lets happen what happened since it was served last, step by step up to `now`, each at its own time.
    ///
    /// # Errors
    /// The store fails.
    pub async fn catch_up(&self, store: &Store, now: Time, progress: impl Fn(Time)) -> Result<(), DemoError> {
        let stop = CancellationToken::new();
        let (mut at, recent) = (self.came_to(), now - Span::hours(2));
        // The engine's own tasks ask for the time only in passing; what happens says its own.
        let engine = Engine::start_driven(store.clone(), Arc::new(move || now), stop.clone());
        let mut mover = Mover::new(self.clone(), at, Span::HOUR);
        while at < now {
            at = (at + STEP).min(now);
            let mut feed = mover.take(at).await?;
            feed.thin(recent);
            feed.send(&engine, at).await?;
            engine.reconciler.tick(at).await?;
            progress(at);
        }
        self.has_come_to(now)?;
        stop.cancel();
        Ok(())
    }

    /// The first partner's people who may change settings have got its weekly summary for a week: its last one is due when it is served.
    async fn mails_a_summary(&self, store: &Store) -> Result<(), DemoError> {
        let (Some(actor), Some(plan)) = (self.actor(0), self.fleet.partners.first()) else { return Ok(()) };
        let readers = plan.people.iter().filter(|person| person.role.may(Action::ManageSettings));
        let addresses: Vec<String> = readers.map(|person| person.email.clone()).collect();
        let Some((_, name)) = addresses.first().and_then(|address| address.rsplit_once('@')) else { return Ok(()) };
        let at = self.fleet.until - Span::days(8);
        let domain = mail_domains::add(store, &actor, NewDomain { organization: None, domain: name.to_owned() }, at).await?;
        let record = mail_domains::get(store, &actor, domain).await?.value;
        mail_domains::looked_up(store, &actor, domain, &Looked::Texts(vec![record]), at).await?;
        weekly::set(store, &actor, NewWeekly { enabled: true, addresses, weekday: 1, hour: 7 }, at).await?;
        Ok(())
    }

    fn actor(&self, partner: usize) -> Option<Actor> {
        let id = self.partners.get(partner)?;
        Some(Actor::system(Scope::Partners([*id].into())))
    }
}

impl Plan {
    fn fleet(&self) -> Fleet {
        let Self { organizations, devices, days, customers, accounts, .. } = *self;
        fleet(self.seed, Size { organizations, devices, days, customers, accounts }, self.until)
    }

    fn demo(&self, folder: &Path, partners: Vec<PartnerId>) -> Demo {
        Demo { fleet: Arc::new(self.fleet()), partners: partners.into(), folder: folder.to_owned() }
    }

    fn write(&self, folder: &Path) -> Result<(), DemoError> {
        let text = serde_json::to_string_pretty(self).map_err(engine::Error::from)?;
        write(&plan_path(folder), &text)
    }

    fn suits(&self, wanted: Wanted) -> Result<(), DemoError> {
        let differs = |wanted: Option<u32>, is: u32| wanted.is_some_and(|wanted| wanted != is);
        if wanted.seed.is_some_and(|seed| seed != self.seed)
            || differs(wanted.organizations, self.organizations)
            || differs(wanted.devices, self.devices)
            || differs(wanted.days, self.days)
            || differs(wanted.customers, self.customers)
            || differs(wanted.accounts, self.accounts)
        {
            return Err(DemoError::Another(format!(
                "--seed {} --organizations {} --devices {} --days {} --customers {} --accounts {}",
                self.seed, self.organizations, self.devices, self.days, self.customers, self.accounts
            )));
        }
        Ok(())
    }
}
