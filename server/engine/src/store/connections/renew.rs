//! Tokens kept alive: which connection is to be renewed by whom, and what the provider's answer makes of its consent.
//!
//! One server at a time renews a connection: it claims the row for [`CLAIM`], asks the provider, and stores what came by comparing the
//! sealed tokens with those it had claimed. So what is stored is never older than what was there. A claim that ran out tells that a
//! renewal was cut short; if the provider then refuses, that is named as the cause.

use super::{
    WARN_AFTER,
    tokens::{self, Tokens},
};
use crate::{
    Engine,
    error::Error,
    live::Change,
    reconcile::consent,
    store::{
        Store,
        audit::{self, Entry, hex},
        entity::connection,
        facts::parse,
        platform::{self, Fault, TOKEN_KEY},
    },
    vault::Vault,
};
use domain::{
    consent::{CUT_SHORT, Cause},
    ids::{ConnectionId, OrganizationId, PartnerId},
    saas::{Consent, Service},
    time::{Span, Time},
};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Set,
    ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, DbBackend, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect,
    sea_query::{LockBehavior, LockType},
};
use serde_json::json;

/// How long a server may take to renew; longer than a provider's answer may take.
const CLAIM: Span = Span(90_000);
/// Renewed so often even when nobody needs it.
const WEEKLY: Span = Span::days(7);
/// Between the first refusal and the second, at least.
const CONFIRM: Span = Span(60_000);
/// A connection whose consent is gone is asked so often whether it came back.
const STILL_GONE: Span = Span::days(1);
/// First pause after a passing fault; doubled with each.
const FIRST_PAUSE: Span = Span(60_000);
/// Longest pause.
const LONGEST_PAUSE: Span = Span::HOUR;

/// A connection that this server may renew now.
#[derive(Clone, Debug)]
pub struct Claim {
    /// Its partner.
    pub partner: PartnerId,
    /// Which connection.
    pub connection: ConnectionId,
    /// Its organization.
    pub organization: OrganizationId,
    /// To which service.
    pub service: Service,
    /// What it holds.
    pub tokens: Tokens,
    by: String,
    sealed: Vec<u8>,
    cut_short: bool,
}

/// What became of wanting to renew a connection.
#[derive(Clone, Debug)]
pub enum Claimed {
    /// It is ours.
    Ours(Box<Claim>),
    /// Another server, or another task, is renewing it.
    Taken,
    /// It holds no tokens.
    Nothing,
}

/// When a connection is renewed next: weekly, spread over half a day.
pub(super) fn next_renewal(now: Time) -> Time {
    now + WEEKLY - Span(rand::random_range(0..Span::hours(12).0))
}

/// Pause after the n-th passing fault in a row: doubled up to an hour, up to a fifth shorter so that servers don't march in step.
fn pause(attempts: i64) -> Span {
    let doubled = FIRST_PAUSE.0.saturating_mul(1 << attempts.clamp(1, 12).saturating_sub(1));
    let pause = doubled.min(LONGEST_PAUSE.0);
    Span(pause - rand::random_range(0..=pause / 5))
}

/// When the next connection of these services is to be renewed; none: none is.
///
/// # Errors
/// The database fails.
pub async fn earliest(store: &Store, services: &[Service]) -> Result<Option<Time>, Error> {
    let next: Option<Option<i64>> = connection::Entity::find()
        .select_only()
        .column(connection::Column::NextRefreshAt)
        .filter(connection::Column::NextRefreshAt.is_not_null())
        .filter(connection::Column::Service.is_in(services.iter().map(|s| s.as_str())))
        .order_by_asc(connection::Column::NextRefreshAt)
        .into_tuple()
        .one(store.reads())
        .await?;
    Ok(next.flatten().map(Time))
}

fn free(now: Time) -> Condition {
    Condition::any().add(connection::Column::ClaimedUntil.is_null()).add(connection::Column::ClaimedUntil.lte(now.0))
}

/// Claims the connection of these services whose renewal is due longest.
///
/// # Errors
/// The database fails.
pub async fn claim_due(store: &Store, vault: &Vault, services: &[Service], now: Time) -> Result<Option<Claim>, Error> {
    loop {
        let tx = store.begin().await?;
        let mut query = connection::Entity::find()
            .filter(connection::Column::NextRefreshAt.lte(now.0))
            .filter(connection::Column::Service.is_in(services.iter().map(|s| s.as_str())))
            .filter(connection::Column::Tokens.is_not_null())
            .filter(free(now))
            .order_by_asc(connection::Column::NextRefreshAt)
            .limit(1);
        if store.backend() == DbBackend::Postgres {
            query = query.lock_with_behavior(LockType::NoKeyUpdate, LockBehavior::SkipLocked);
        }
        let Some(row) = query.one(&tx).await? else { return Ok(None) };
        // One whose tokens can't be opened has been put off: go on with the next.
        if let Claimed::Ours(claim) = take(tx, vault, row, now).await? {
            return Ok(Some(*claim));
        }
    }
}

/// Claims this connection, due or not.
///
/// # Errors
/// The database fails; its tokens can't be opened.
pub async fn claim(store: &Store, vault: &Vault, partner: PartnerId, id: ConnectionId, now: Time) -> Result<Claimed, Error> {
    let tx = store.begin().await?;
    let mut query = connection::Entity::find_by_id((partner.0, id.0));
    if store.backend() == DbBackend::Postgres {
        query = query.lock(LockType::NoKeyUpdate);
    }
    let row = query.one(&tx).await?.ok_or(Error::NotFound("connection"))?;
    if row.claimed_until.is_some_and(|until| until > now.0) {
        return Ok(Claimed::Taken);
    }
    take(tx, vault, row, now).await
}

async fn take(tx: DatabaseTransaction, vault: &Vault, row: connection::Model, now: Time) -> Result<Claimed, Error> {
    let (partner, id) = (PartnerId(row.partner_id), ConnectionId(row.id));
    let Some(sealed) = row.tokens.clone() else { return Ok(Claimed::Nothing) };
    let (organization, service) = (OrganizationId(row.organization_id), parse::<Service>(&row.service)?);
    let opened = tokens::open(vault, partner, id, &sealed);
    let cut_short = row.claimed_until.is_some() || row.consent_code == CUT_SHORT;
    let tokens = match opened {
        Ok(tokens) => tokens,
        Err(error) => {
            tracing::warn!(%error, connection = %id, "tokens can't be opened");
            // Where consent is gone the answer is to authorize again, with or without the key.
            let is_gone = parse::<Consent>(&row.consent)? == Consent::Expired;
            let mut changed = row.clone().into_active_model();
            put_off(&mut changed, &row, now);
            changed.next_refresh_at = Set(Some((now + LONGEST_PAUSE).0));
            if !is_gone {
                trouble(&mut changed, &row, service, now);
                changed.consent_code = Set(TOKEN_KEY.to_owned());
                changed.consent_detail = Set("The key that its tokens were sealed with is missing.".to_owned());
                platform::seen(&tx, Fault::TokenKey, service, TOKEN_KEY, now).await?;
            }
            changed.update(&tx).await?;
            tx.commit().await?;
            return Ok(Claimed::Nothing);
        }
    };
    let mut row = row.into_active_model();
    let mut random = [0u8; 16];
    rand::fill(&mut random);
    let by = hex(&random);
    row.claimed_until = Set(Some((now + CLAIM).0));
    row.claimed_by = Set(Some(by.clone()));
    row.update(&tx).await?;
    tx.commit().await?;
    let claim = Claim { partner, connection: id, organization, service, tokens, by, sealed, cut_short };
    Ok(Claimed::Ours(Box::new(claim)))
}

/// The row as it is, if what was claimed still stands in it: nobody has authorized, removed or renewed it meanwhile.
async fn still(tx: &DatabaseTransaction, claim: &Claim) -> Result<Option<connection::Model>, Error> {
    let mut query = connection::Entity::find_by_id((claim.partner.0, claim.connection.0));
    if tx.get_database_backend() == DbBackend::Postgres {
        query = query.lock(LockType::NoKeyUpdate);
    }
    Ok(query.one(tx).await?.filter(|row| row.tokens.as_deref() == Some(&claim.sealed[..])))
}

/// Gives the claim back, unless another has taken it over.
fn release(row: &connection::Model, claim: &Claim) -> connection::ActiveModel {
    let is_ours = row.claimed_by.as_deref() == Some(&claim.by);
    let mut row = row.clone().into_active_model();
    if is_ours {
        row.claimed_until = Set(None);
        row.claimed_by = Set(None);
    }
    row
}

async fn finish(engine: &Engine, tx: DatabaseTransaction, row: connection::ActiveModel, claim: &Claim, now: Time) -> Result<(), Error> {
    row.update(&tx).await?;
    let changes: Vec<Change> = consent::follow(&engine.store, &tx, claim.partner, claim.connection, now).await?;
    tx.commit().await?;
    engine.live.publish(changes);
    Ok(())
}

/// Gives a claim back: there is nothing to renew after all.
///
/// # Errors
/// The database fails.
pub async fn give_back(store: &Store, claim: &Claim) -> Result<(), Error> {
    let tx = store.begin().await?;
    let Some(stored) = still(&tx, claim).await? else { return Ok(()) };
    let mut row = release(&stored, claim);
    if claim.cut_short && stored.consent_code.is_empty() {
        // What an earlier claim has left behind is not forgotten.
        row.consent_code = Set(CUT_SHORT.to_owned());
    }
    if row.is_changed() {
        row.update(&tx).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// The provider has given new tokens. What was wrong is over. False: they were of no use any more and are dropped.
///
/// # Errors
/// The database fails: what the provider gave is lost unless this is called again.
pub async fn renewed(engine: &Engine, vault: &Vault, claim: &Claim, tokens: &Tokens, now: Time) -> Result<bool, Error> {
    let tx = engine.store.begin_for(claim.partner).await?;
    let Some(stored) = still(&tx, claim).await? else { return Ok(false) };
    let mut row = release(&stored, claim);
    row.tokens = Set(Some(tokens::seal(vault, claim.partner, claim.connection, tokens)?));
    row.refreshed_at = Set(Some(now.0));
    row.next_refresh_at = Set(Some(next_renewal(now).0));
    row.refused_at = Set(None);
    row.troubled_since = Set(None);
    row.attempts = Set(0);
    row.consent_code = Set(String::new());
    row.consent_detail = Set(String::new());
    if parse::<Consent>(&stored.consent)? != Consent::Connected {
        row.consent = Set(Consent::Connected.as_str().into());
        row.consent_at = Set(now.0);
        record(&tx, claim, "connection.accepted", json!({}), now).await?;
    }
    platform::over(&tx, claim.service, (claim.partner, claim.connection), now).await?;
    finish(engine, tx, row, claim, now).await?;
    Ok(true)
}

/// A fault that will pass: consent stays as it is, the next try waits longer each time.
///
/// # Errors
/// The database fails.
pub async fn passing(engine: &Engine, claim: &Claim, said: (&str, &str), now: Time) -> Result<(), Error> {
    let tx = engine.store.begin_for(claim.partner).await?;
    let Some(stored) = still(&tx, claim).await? else { return Ok(()) };
    let row = faulty(&stored, claim, said, now);
    finish(engine, tx, row, claim, now).await
}

/// The row after a fault that says nothing of the consent.
fn faulty(stored: &connection::Model, claim: &Claim, (code, detail): (&str, &str), now: Time) -> connection::ActiveModel {
    let mut row = release(stored, claim);
    put_off(&mut row, stored, now);
    trouble(&mut row, stored, claim.service, now);
    // What a refusal said is not overwritten by a fault of the line; that a renewal was cut short isn't either.
    if stored.refused_at.is_none() && !claim.cut_short {
        row.consent_code = Set(code.to_owned());
        row.consent_detail = Set(detail.to_owned());
    } else if claim.cut_short && stored.refused_at.is_none() {
        row.consent_code = Set(CUT_SHORT.to_owned());
    }
    row
}

/// The provider says that consent is gone. Believed at the second refusal, a minute or more after the first. True: it is gone.
///
/// # Errors
/// The database fails.
pub async fn refused(engine: &Engine, claim: &Claim, (code, detail): (&str, &str), now: Time) -> Result<bool, Error> {
    let tx = engine.store.begin_for(claim.partner).await?;
    let Some(stored) = still(&tx, claim).await? else { return Ok(false) };
    let mut row = release(&stored, claim);
    let code = if claim.cut_short && Cause::of(code) == Cause::Refused { CUT_SHORT } else { code };
    row.consent_code = Set(code.to_owned());
    row.consent_detail = Set(detail.to_owned());
    row.troubled_since = Set(None);
    row.attempts = Set(0);
    let first = Time(stored.refused_at.unwrap_or(now.0));
    row.refused_at = Set(Some(first.0));
    let was_gone = parse::<Consent>(&stored.consent)? == Consent::Expired;
    let is_gone = was_gone || now - first >= CONFIRM;
    if is_gone {
        row.next_refresh_at = Set(Some((now + STILL_GONE - Span(rand::random_range(0..Span::HOUR.0))).0));
        if !was_gone {
            row.consent = Set(Consent::Expired.as_str().into());
            row.consent_at = Set(now.0);
            record(&tx, claim, "connection.expired", json!({ "code": code }), now).await?;
        }
    } else {
        row.next_refresh_at = Set(Some((first + CONFIRM).0));
    }
    finish(engine, tx, row, claim, now).await?;
    Ok(is_gone)
}

/// The provider doesn't take our own secret or request: the connection's row says so, its consent stays as it is. One incident of the whole
/// platform when nobody else is better off.
///
/// # Errors
/// The database fails.
pub async fn ours(engine: &Engine, claim: &Claim, fault: Fault, said: (&str, &str), now: Time) -> Result<(), Error> {
    let tx = engine.store.begin_for(claim.partner).await?;
    let stored = still(&tx, claim).await?;
    platform::seen(&tx, fault, claim.service, said.0, now).await?;
    let Some(stored) = stored else {
        tx.commit().await?;
        return Ok(());
    };
    let row = faulty(&stored, claim, said, now);
    finish(engine, tx, row, claim, now).await
}

fn put_off(row: &mut connection::ActiveModel, stored: &connection::Model, now: Time) {
    row.attempts = Set(stored.attempts + 1);
    row.next_refresh_at = Set(Some((now + pause(stored.attempts + 1)).0));
    row.updated_at = Set(now.0);
}

/// Remembers since when there are faults, and warns once when they have lasted long.
fn trouble(row: &mut connection::ActiveModel, stored: &connection::Model, service: Service, now: Time) {
    let since = Time(stored.troubled_since.unwrap_or(now.0));
    row.troubled_since = Set(Some(since.0));
    if is_long_now(since, Time(stored.updated_at), now) {
        tracing::warn!(connection = %ConnectionId(stored.id), service = service.as_str(), since = since.0, "no token for six hours: it is tried again");
    }
}

/// True for the first attempt that finds that faults have lasted long. Each attempt changes its row.
fn is_long_now(since: Time, changed: Time, now: Time) -> bool {
    let long = since + WARN_AFTER;
    now >= long && changed < long
}

/// What the server itself has seen of a connection.
async fn record(tx: &DatabaseTransaction, claim: &Claim, what: &'static str, detail: serde_json::Value, now: Time) -> Result<(), Error> {
    let subject = format!("connection:{}", claim.connection);
    let entry = Entry { partner: claim.partner, organization: Some(claim.organization), what, subject, detail };
    audit::append(tx, "system".to_owned(), entry, now).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_that_last_are_warned_of_once() {
        let since = Time(1_000_000);
        let tries = [0, 1, 5, 6, 7, 12].map(|hours| since + Span::hours(hours));
        let warned: Vec<bool> = tries.windows(2).map(|pair| is_long_now(since, pair[0], pair[1])).collect();
        assert_eq!(warned, [false, false, true, false, false]);
        assert!(!is_long_now(since, Time(0), since), "the first fault");
    }

    #[test]
    fn pauses_double_up_to_an_hour_and_are_never_all_the_same() {
        for (attempts, longest) in [(1, 60_000), (2, 120_000), (5, 960_000), (7, 3_600_000), (60, 3_600_000)] {
            for _ in 0..50 {
                let pause = pause(attempts).0;
                assert!(pause <= longest && pause >= longest - longest / 5, "{attempts}: {pause}");
            }
        }
    }
}
