//! What a summary said, kept as a row of `reports`: figures and recipients, compact JSON, compressed, under its SHA-256. The next one says what has
//! changed since; the page, what went last.

use super::{Figures, KIND};
use crate::{
    error::Error,
    store::{Store, audit::hex, entity::report as stored},
};
use domain::{
    ids::{PartnerId, ReportId},
    time::{Span, Time},
    zones::Zone,
};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// How long it is of use.
const KEPT: Span = Span::days(26 * 7);

/// What is stored.
#[derive(Serialize, Deserialize)]
pub(super) struct Kept {
    pub(super) figures: Figures,
    /// To whom it went.
    pub(super) to: Vec<String>,
}

/// Keeps what a summary said; what is too old goes.
pub(super) async fn keep(store: &Store, tx: &DatabaseTransaction, partner: PartnerId, kept: &Kept, now: Time) -> Result<ReportId, Error> {
    let json = serde_json::to_vec(kept)?;
    let inputs = zstd::bulk::compress(&json, 6).map_err(|e| Error::Internal(format!("weekly summary: {e}")))?;
    let id = ReportId(store.id(now));
    let zone = Zone::named(&kept.figures.time_zone).map_err(|e| Error::Internal(format!("stored time zone: {e}")))?;
    let (first, _) = kept.figures.week();
    stored::ActiveModel {
        partner_id: Set(partner.0),
        id: Set(id.0),
        kind: Set(KIND.into()),
        organization_id: Set(0),
        from_at: Set(zone.day_bounds(first).0.0),
        until_at: Set(zone.day_bounds(kept.figures.day).0.0),
        made_at: Set(now.0),
        made_by: Set("system".into()),
        inputs: Set(inputs),
        inputs_hash: Set(hex(&Sha256::digest(&json))),
        month: Set(None),
        // Deleted here and not with the monthly ones.
        expires_at: Set(None),
    }
    .insert(tx)
    .await?;
    let old = stored::Entity::delete_many()
        .filter(stored::Column::PartnerId.eq(partner.0))
        .filter(stored::Column::OrganizationId.eq(0))
        .filter(stored::Column::Kind.eq(KIND))
        .filter(stored::Column::MadeAt.lt((now - KEPT).0));
    old.exec(tx).await?;
    Ok(id)
}

/// What the latest summaries said, latest first.
pub(super) async fn latest<C: ConnectionTrait>(conn: &C, partner: PartnerId, most: u64) -> Result<Vec<(Time, Kept)>, Error> {
    let found: Vec<(i64, Vec<u8>)> = stored::Entity::find()
        .select_only()
        .columns([stored::Column::MadeAt, stored::Column::Inputs])
        .filter(stored::Column::PartnerId.eq(partner.0))
        .filter(stored::Column::OrganizationId.eq(0))
        .filter(stored::Column::Kind.eq(KIND))
        .order_by_desc(stored::Column::MadeAt)
        .limit(most)
        .into_tuple()
        .all(conn)
        .await?;
    found.into_iter().map(|(at, inputs)| Ok((Time(at), read(&inputs)?))).collect()
}

fn read(stored: &[u8]) -> Result<Kept, Error> {
    let decoder = zstd::Decoder::new(stored).map_err(|e| Error::Internal(format!("stored weekly summary: {e}")))?;
    Ok(serde_json::from_reader(std::io::BufReader::new(decoder))?)
}
