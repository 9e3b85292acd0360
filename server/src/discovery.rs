//! Discovery: every day, and when somebody asks, each connection's directory is read and its accounts brought up to date.
//!
//! New accounts come unprotected: nobody is backed up, or paid for, because a directory lists them. Whoever is not listed any more is
//! marked, never deleted, never deactivated. A directory that can't be read to its end marks nobody.

use crate::{
    config::Saas,
    consent::{Consents, NoToken},
};
use domain::{
    saas::AccountType,
    text,
    time::{Span, Time},
};
use engine::{
    Engine, Error,
    store::accounts::{
        self, NewAccount,
        discovery::{self, Met, Turn},
    },
};
use futures_util::future::join_all;
use providers::{
    Secret,
    directory::{self, Directory, LeftOut, Member, Patience, Trouble},
};
use std::{collections::BTreeMap, time::Duration};
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

/// Directories that are read at once: one that throttles holds up no other.
const LANES: usize = 4;
/// The longest pause between two looks: other servers write, too, and somebody may press *Discover now*.
const LONGEST_PAUSE: i64 = 2_000;
/// After a fault that passes.
const SOON: Span = Span::minutes(15);
/// After a fault that somebody has to do something about.
const LATER: Span = Span::DAY;

/// Gives access to directories.
pub trait Access: Sync {
    /// An access token of a connection; `anew`: the one before was refused.
    fn token(&self, turn: &Turn, anew: bool) -> impl Future<Output = Result<Secret, NoToken>> + Send;
}

impl Access for Consents {
    async fn token(&self, turn: &Turn, anew: bool) -> Result<Secret, NoToken> {
        if anew {
            self.renew_now(turn.partner, turn.connection).await?;
        }
        self.access_token(turn.partner, turn.connection).await
    }
}

/// Why a directory was not read to its end.
#[derive(Debug)]
enum Ended {
    Trouble(Trouble),
    NoToken(NoToken),
    Store(Error),
    Stopped,
    /// Somebody asked for it anew, authorized anew or disconnected.
    TakenAway,
}

impl From<Error> for Ended {
    fn from(error: Error) -> Self {
        Self::Store(error)
    }
}

/// What was met.
#[derive(Debug, Default)]
struct Tally {
    met: Met,
    new: u64,
    left_out: BTreeMap<LeftOut, u64>,
    unreadable: u64,
}

/// Discovers what is due, and waits for what is due next, until cancelled.
pub async fn run(engine: Engine, consents: Consents, settings: Saas, stop: CancellationToken) {
    if consents.services().is_empty() {
        return;
    }
    let looking = Mutex::new(());
    join_all((0..LANES).map(|_| lane(&engine, &consents, &settings, &looking, &stop))).await;
}

async fn lane(engine: &Engine, consents: &Consents, settings: &Saas, looking: &Mutex<()>, stop: &CancellationToken) {
    while !stop.is_cancelled() {
        let turn = {
            // One lane looks; the others that have nothing to do wait until it found something.
            let _one = looking.lock().await;
            look(engine, stop).await
        };
        let Some(mut turn) = turn else { return };
        let address = &settings.of(turn.service).directory_url;
        let directory = Directory::new(turn.service, address, consents.http().clone(), Patience::default());
        if let Err(error) = discover(engine, &mut turn, directory, consents, stop).await {
            tracing::warn!(%error, "discovery: will try again");
        }
    }
}

/// Waits for the next turn. None: cancelled.
async fn look(engine: &Engine, stop: &CancellationToken) -> Option<Turn> {
    while !stop.is_cancelled() {
        let now = (engine.clock)();
        let pause = match discovery::next(&engine.store, now).await {
            Ok(Some(turn)) => return Some(turn),
            Ok(None) => match discovery::earliest(&engine.store).await {
                Ok(earliest) => earliest.map_or(LONGEST_PAUSE, |at| (at.0 - now.0).clamp(250, LONGEST_PAUSE)),
                Err(_) => LONGEST_PAUSE,
            },
            Err(error) => {
                tracing::warn!(%error, "discovery: will try again");
                LONGEST_PAUSE
            }
        };
        tokio::select! {
            () = stop.cancelled() => return None,
            () = tokio::time::sleep(Duration::from_millis(pause.unsigned_abs())) => {}
        }
    }
    None
}

/// Reads a directory and brings the connection's accounts up to date.
///
/// # Errors
/// The store fails; what was stored before stays.
pub async fn discover(
    engine: &Engine,
    turn: &mut Turn,
    directory: Directory,
    access: &impl Access,
    stop: &CancellationToken,
) -> Result<(), Error> {
    let store = &engine.store;
    let read = async {
        tokio::select! {
            () = stop.cancelled() => Err(Ended::Stopped),
            read = all(engine, &mut *turn, directory, access) => read,
        }
    };
    let now = || (engine.clock)();
    match read.await {
        Ok(tally) => {
            match discovery::finished(engine, turn, &tally.met, |gone| tally.told(gone), now()).await? {
                Some(gone) => tracing::info!(connection = %turn.connection, new = tally.new, gone, "discovered"),
                None => tracing::info!(connection = %turn.connection, "discovery was asked for anew"),
            }
            Ok(())
        }
        Err(Ended::TakenAway) => {
            tracing::info!(connection = %turn.connection, "discovery was asked for anew");
            Ok(())
        }
        Err(Ended::Store(error)) => {
            discovery::failed(store, turn, "Something went wrong on our side; it is tried again.", now() + SOON).await?;
            Err(error)
        }
        Err(ended) => {
            let (words, again) = ended.told(now());
            tracing::info!(connection = %turn.connection, why = %words, "not discovered");
            discovery::failed(store, turn, &words, again).await.map(|_| ())
        }
    }
}

async fn all(engine: &Engine, turn: &mut Turn, mut directory: Directory, access: &impl Access) -> Result<Tally, Ended> {
    let mut token = access.token(turn, false).await.map_err(Ended::NoToken)?;
    let mut renewed = false;
    let mut tally = Tally::default();
    loop {
        let page = match directory.page(&token).await {
            Ok(Some(page)) => page,
            Ok(None) => return Ok(tally),
            // It ran out while the directory was read, or was taken back: a renewed one tells which.
            Err(Trouble::Unauthorized) if !renewed => {
                renewed = true;
                token = access.token(turn, true).await.map_err(Ended::NoToken)?;
                continue;
            }
            Err(trouble) => return Err(Ended::Trouble(trouble)),
        };
        renewed = false;
        let now = (engine.clock)();
        let new = tally.take(turn, page);
        let so_far = tally.met.ids.len();
        let words = format!("Reading the directory: {} people so far", text::count(i64::try_from(so_far).unwrap_or(i64::MAX)));
        if !discovery::told(&engine.store, turn, &words, now).await? {
            return Err(Ended::TakenAway);
        }
        tally.new += accounts::put(engine, &turn.actor(), turn.connection, new, now).await?.created;
    }
}

impl Tally {
    /// Remembers who was met; gives those who are accounts.
    fn take(&mut self, turn: &Turn, page: Vec<Member>) -> Vec<NewAccount> {
        let mut new = Vec::with_capacity(page.len());
        for member in page {
            self.met.ids.insert(member.id.clone());
            self.met.addresses.insert(member.address.to_lowercase());
            if let Some(why) = member.left_out {
                *self.left_out.entry(why).or_default() += 1;
                continue;
            }
            let account = NewAccount {
                address: member.address,
                name: member.name,
                kind: AccountType::User,
                activated: false,
                external_id: Some(member.id),
            };
            match accounts::check(turn.service, account) {
                Ok(account) => new.push(account),
                Err(_) => self.unreadable += 1,
            }
        }
        new
    }

    fn told(&self, gone: u64) -> String {
        let count = |n: u64| text::count(i64::try_from(n).unwrap_or(i64::MAX));
        let people = self.met.ids.len() as u64;
        let noun = if people == 1 { "person" } else { "people" };
        let mut words = format!("{} {noun} met, {} new", count(people), count(self.new));
        if gone > 0 {
            words += &format!(", {} not met any more", count(gone));
        }
        if !self.left_out.is_empty() {
            words += &format!("; left out: {}", directory::told(&self.left_out));
        }
        if self.unreadable > 0 {
            words += &format!("; {} with a name or address that can't be taken", count(self.unreadable));
        }
        words
    }
}

impl Ended {
    /// For people, and when it is tried again.
    fn told(&self, now: Time) -> (String, Time) {
        match self {
            Self::Stopped | Self::TakenAway => ("Interrupted; it begins anew.".into(), now),
            Self::Store(error) => (error.public_message(), now + SOON),
            Self::NoToken(NoToken::NeverGiven) => ("Nobody has authorized the connection.".into(), now + LATER),
            Self::NoToken(NoToken::Gone) => ("Consent is gone: authorize the connection again.".into(), now + SOON),
            Self::NoToken(NoToken::Later(_) | NoToken::Store(_)) => ("No access right now; it is tried again.".into(), now + SOON),
            Self::Trouble(trouble) => match trouble {
                Trouble::Unauthorized => ("The provider refuses the access token; it is tried again.".into(), now + SOON),
                Trouble::Forbidden { code, .. } => {
                    let words = format!(
                        "The provider doesn't permit reading users ({code}). Authorize the connection again as an administrator, then discover."
                    );
                    (words, now + LATER)
                }
                Trouble::Throttled => ("The provider asks to be asked less often; it is tried again.".into(), now + SOON),
                Trouble::Unreachable(_) => ("The provider can't be reached; it is tried again.".into(), now + SOON),
                Trouble::Refused { status, code, .. } => {
                    (format!("The provider refuses to list users: HTTP status {status} {code}.").trim_end().to_owned(), now + LATER)
                }
                Trouble::Unreadable(_) | Trouble::Elsewhere(_) => {
                    ("The provider's answer can't be read; whoever runs the portal finds it in the log.".into(), now + LATER)
                }
            },
        }
    }
}
