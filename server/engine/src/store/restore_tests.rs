//! Restore tests of a device, latest first. Written by ingest, or by a person who made one by hand.

use super::{
    Store,
    audit::{self, Entry},
    devices,
    entity::{api_key, restore_test, user},
    facts::at,
    input, scope,
};
use crate::{Engine, error::Error, reconcile::work::Work};
use domain::{
    access::{Action, Actor},
    ids::{DeviceId, KeyId, OrganizationId, PartnerId, RestoreTestId, UserId},
    time::{Span, Time},
};
use sea_orm::{ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Statement};
use serde::Serialize;
use serde_json::json;
use std::collections::HashMap;

const SHOWN: u64 = 100;
/// How long ago a test may have been made: as long as runs are kept.
const OLDEST: Span = Span::days(400);
/// Longest text of what was restored, in characters.
const LONGEST_SCOPE: usize = 500;
/// Longest time of recovery that makes sense: ten years, in seconds.
const LONGEST_SECONDS: i64 = 10 * 366 * 86_400;

/// A restore test.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RestoreTestRow {
    /// Which test.
    pub id: RestoreTestId,
    /// Of which device.
    pub device: DeviceId,
    /// When it was made.
    pub at: Time,
    /// Whether it passed.
    pub passed: bool,
    /// What was restored.
    pub scope: String,
    /// Achieved recovery point, in seconds.
    pub rpo_seconds: Option<i64>,
    /// Achieved recovery time, in seconds.
    pub rto_seconds: Option<i64>,
    /// Free text.
    pub note: String,
    /// Who or what did it: a name, `user:ID`, `key:ID` or `system`.
    pub made_by: String,
    /// The name of that person or key, where it is known.
    pub name: Option<String>,
}

/// A restore test that a person made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewRestoreTest {
    /// When it was made.
    pub at: Time,
    /// Whether it passed.
    pub passed: bool,
    /// What was restored.
    pub scope: String,
    /// Achieved recovery point, in seconds.
    pub rpo_seconds: Option<i64>,
    /// Achieved recovery time, in seconds.
    pub rto_seconds: Option<i64>,
    /// Free text.
    pub note: String,
}

/// The last 100 restore tests of a device, latest first.
///
/// # Errors
/// `NotFound` (device); `Forbidden` without the right to read.
pub async fn list(store: &Store, actor: &Actor, device: DeviceId) -> Result<Vec<RestoreTestRow>, Error> {
    scope::require(actor, Action::SeeDashboards, "see restore tests")?;
    let device = devices::find(store.reads(), actor, device).await?;
    let rows = restore_test::Entity::find()
        .filter(restore_test::COLUMN.partner_id.eq(device.partner_id))
        .filter(restore_test::COLUMN.device_id.eq(device.id))
        .order_by_desc(restore_test::Column::At)
        .order_by_desc(restore_test::Column::Id)
        .limit(SHOWN)
        .all(store.reads())
        .await?;
    let names = names(store.reads(), device.partner_id, &rows).await?;
    Ok(rows
        .into_iter()
        .map(|t| RestoreTestRow {
            id: RestoreTestId(t.id),
            device: DeviceId(t.device_id),
            at: Time(t.at),
            passed: t.passed,
            scope: t.scope,
            rpo_seconds: t.rpo_seconds,
            rto_seconds: t.rto_seconds,
            note: t.note,
            name: names.get(&t.made_by).cloned(),
            made_by: t.made_by,
        })
        .collect())
}

/// Names of the people and keys that made tests, in two queries.
async fn names<C: ConnectionTrait>(conn: &C, partner: i64, rows: &[restore_test::Model]) -> Result<HashMap<String, String>, Error> {
    let people: Vec<i64> = rows.iter().filter_map(|r| r.made_by.strip_prefix("user:")?.parse::<UserId>().ok()).map(|id| id.0).collect();
    let keys: Vec<i64> = rows.iter().filter_map(|r| r.made_by.strip_prefix("key:")?.parse::<KeyId>().ok()).map(|id| id.0).collect();
    let mut names = HashMap::new();
    if !people.is_empty() {
        let found = user::Entity::find().filter(user::COLUMN.id.is_in(people)).all(conn).await?;
        names.extend(found.into_iter().map(|p| (format!("user:{}", UserId(p.id)), p.name)));
    }
    if !keys.is_empty() {
        let found =
            api_key::Entity::find().filter(api_key::COLUMN.partner_id.eq(partner)).filter(api_key::COLUMN.id.is_in(keys)).all(conn).await?;
        names.extend(found.into_iter().map(|k| (format!("key:{}", KeyId(k.id)), k.name)));
    }
    Ok(names)
}

/// Records a restore test that a person made; the device is settled in the same transaction. The same time and scope again replaces
/// what was said.
///
/// # Errors
/// `NotFound` (device), `Forbidden`, `Invalid` (time, texts, numbers).
pub async fn record(engine: &Engine, actor: &Actor, device: DeviceId, test: NewRestoreTest, now: Time) -> Result<RestoreTestId, Error> {
    let store = &engine.store;
    let stored = devices::find(store.reads(), actor, device).await?;
    scope::require(actor, Action::ManageDevices, "record restore tests")?;
    let (partner, organization) = (PartnerId(stored.partner_id), OrganizationId(stored.organization_id));
    let test = checked(test, now)?;
    let tx = store.begin_for(partner).await?;
    devices::lock(store, &tx, &[(partner, device)]).await?;
    devices::find(&tx, actor, device).await?;
    let mut work = Work::load(store, &tx, &[(partner, device)], now).await?;
    let subject = work.subjects.first_mut().ok_or(Error::NotFound("device"))?;
    if subject.facts.restore.last.is_none_or(|(last, _)| last <= test.at) {
        subject.facts.restore.last = Some((test.at, test.passed));
    }
    let sql = "INSERT INTO restore_tests (partner_id, id, organization_id, device_id, at, passed, scope, rpo_seconds, rto_seconds, note, made_by) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (partner_id, device_id, at, scope) DO UPDATE SET \
               passed = excluded.passed, rpo_seconds = excluded.rpo_seconds, rto_seconds = excluded.rto_seconds, note = excluded.note, \
               made_by = excluded.made_by RETURNING id";
    let new_id = store.id(now);
    let values = [
        partner.0.into(),
        new_id.into(),
        organization.0.into(),
        device.0.into(),
        test.at.0.into(),
        test.passed.into(),
        test.scope.clone().into(),
        test.rpo_seconds.into(),
        test.rto_seconds.into(),
        test.note.clone().into(),
        audit::who(actor).into(),
    ];
    let row = tx.query_one_raw(Statement::from_sql_and_values(store.backend(), sql, values)).await?;
    let id = RestoreTestId(row.map_or(Ok(new_id), |row| at::<i64>(&row, 0))?);
    let detail = json!({ "at": domain::text::rfc3339(test.at), "passed": test.passed, "scope": test.scope, "note": test.note });
    let entry =
        Entry { partner, organization: Some(organization), what: "restore_test.record", subject: format!("device:{device}"), detail };
    audit::append(&tx, audit::who(actor), entry, now).await?;
    work.settle(&tx).await?;
    tx.commit().await?;
    engine.live.publish_work(&work);
    Ok(id)
}

fn checked(mut test: NewRestoreTest, now: Time) -> Result<NewRestoreTest, Error> {
    if test.at > now + Span::MINUTE {
        return Err(Error::invalid("at_in_future", "at", "This time has not come yet. Give the time at which the test was made."));
    }
    if test.at < now - OLDEST {
        return Err(Error::invalid("at_too_old", "at", "This is more than 400 days ago. Older tests say nothing about today's backups."));
    }
    test.scope = test.scope.trim().to_owned();
    if test.scope.is_empty() {
        return Err(Error::invalid("scope_needed", "scope", "Say what was restored, for example `one mailbox` or `the whole machine`."));
    }
    if test.scope.chars().count() > LONGEST_SCOPE || test.scope.chars().any(char::is_control) {
        return Err(Error::invalid("scope_too_long", "scope", "Say it in at most 500 characters, on one line."));
    }
    for (field, seconds) in [("rpo_seconds", test.rpo_seconds), ("rto_seconds", test.rto_seconds)] {
        if seconds.is_some_and(|s| !(0..=LONGEST_SECONDS).contains(&s)) {
            return Err(Error::invalid("out_of_range", field, "Give a length of time from zero to ten years."));
        }
    }
    test.note = input::text("note", &test.note)?;
    Ok(test)
}
