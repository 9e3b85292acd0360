//! The outbox is emptied: what a message said after thirty days, its row with its story after half a year. Reports' copies hold nothing but
//! which report they are of, and that is kept as long as the row, which outlives the report. Addresses that get nothing any more stay.

use super::Content;
use crate::{
    error::Error,
    store::{
        Store,
        audit::{self, Entry},
        entity::mail,
        facts::at,
        sql::Sql,
    },
};
use domain::{
    access::{Actor, Scope},
    ids::PartnerId,
    mail::{MailKind, MailState},
    time::{Span, Time},
};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr};
use serde_json::json;

/// How long it is kept what a message said.
pub const CONTENTS_KEPT: Span = Span::days(30);
/// How long a copy's row is kept: six months, and never less than the report it is a copy of, so that none is queued twice.
pub const ROWS_KEPT: Span = Span::days(186);
/// Copies that are changed in one go.
const PORTION: u64 = 500;

/// What was taken away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Emptied {
    /// Copies whose contents are gone.
    pub contents: u64,
    /// Copies that are gone.
    pub rows: u64,
}

/// Takes away what has been kept long enough. Costs one look into an index for each partner that has nothing old.
///
/// # Errors
/// The database fails; what was taken away before stays so.
pub async fn empty(store: &Store, now: Time) -> Result<Emptied, Error> {
    let mut sql = Sql::new("SELECT id FROM partners p WHERE EXISTS (SELECT 1 FROM mails m WHERE m.partner_id = p.id AND m.made_at < ");
    sql.bind((now - CONTENTS_KEPT).0).push(") ORDER BY id");
    let found = store.reads().query_all_raw(sql.build(store.backend())).await?;
    let mut emptied = Emptied::default();
    for row in found {
        let partner = PartnerId(at(&row, 0)?);
        emptied.rows += delete(store, partner, now).await?;
        emptied.contents += thin(store, partner, now).await?;
    }
    Ok(emptied)
}

/// Copies of a partner that were over before: nothing more happens to them by itself, and nobody asked for them again since.
fn over(partner: PartnerId, before: Time) -> Condition {
    let states = MailState::ALL.iter().filter(|state| state.is_over()).map(|state| state.as_str());
    let ended = Condition::any().add(mail::Column::EndedAt.is_null()).add(mail::Column::EndedAt.lt(before.0));
    Condition::all()
        .add(mail::Column::PartnerId.eq(partner.0))
        .add(mail::Column::MadeAt.lt(before.0))
        .add(mail::Column::State.is_in(states))
        .add(ended)
}

async fn found(store: &Store, which: Condition) -> Result<Vec<i64>, Error> {
    let query = mail::Entity::find().select_only().column(mail::Column::Id).filter(which).order_by_asc(mail::Column::MadeAt).limit(PORTION);
    Ok(query.into_tuple().all(store.reads()).await?)
}

async fn delete(store: &Store, partner: PartnerId, now: Time) -> Result<u64, Error> {
    let mut deleted = 0;
    loop {
        let ids = found(store, over(partner, now - ROWS_KEPT)).await?;
        if ids.is_empty() {
            return Ok(deleted);
        }
        let tx = store.begin_for(partner).await?;
        let which = over(partner, now - ROWS_KEPT).add(mail::Column::Id.is_in(ids.iter().copied()));
        let gone = mail::Entity::delete_many().filter(which).exec(&tx).await?.rows_affected;
        // Of those that are gone: one may have been sent again in between.
        let mut events = Sql::new("DELETE FROM mail_events WHERE partner_id = ");
        events.bind(partner.0).push(" AND mail_id IN ").bind_list(ids);
        events.push(" AND NOT EXISTS (SELECT 1 FROM mails m WHERE m.partner_id = mail_events.partner_id AND m.id = mail_events.mail_id)");
        tx.execute_raw(events.build(store.backend())).await?;
        if gone > 0 {
            let system = Actor::system(Scope::Partners([partner].into()));
            let detail = json!({ "mails": gone });
            let entry = Entry { partner, organization: None, what: "mail.expire", subject: format!("partner:{partner}"), detail };
            audit::append(&tx, audit::who(&system), entry, now).await?;
        }
        tx.commit().await?;
        deleted += gone;
        tokio::task::yield_now().await;
    }
}

async fn thin(store: &Store, partner: PartnerId, now: Time) -> Result<u64, Error> {
    let gone = serde_json::to_vec(&Content::Gone)?;
    let which = || {
        over(partner, now - CONTENTS_KEPT).add(mail::Column::Kind.ne(MailKind::Report.as_str())).add(mail::Column::Message.ne(gone.clone()))
    };
    let mut thinned = 0;
    loop {
        let ids = found(store, which()).await?;
        if ids.is_empty() {
            return Ok(thinned);
        }
        let tx = store.begin_for(partner).await?;
        let changed = mail::Entity::update_many()
            .col_expr(mail::Column::Message, Expr::value(gone.clone()))
            .filter(which().add(mail::Column::Id.is_in(ids)))
            .exec(&tx)
            .await?;
        tx.commit().await?;
        thinned += changed.rows_affected;
        tokio::task::yield_now().await;
    }
}
