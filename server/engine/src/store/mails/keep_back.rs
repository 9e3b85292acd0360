//! Copies of reports and summaries that wait while their address is taken out, or the delivery switched off (D7: off means off).

use super::record;
use crate::{error::Error, store::entity::mail};
use domain::{
    ids::{MailId, OrganizationId, PartnerId},
    mail::{MailEventKind, MailKind, MailState},
    time::Time,
};
use sea_orm::{ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter};

/// Keeps back the waiting copies of a kind of mail, about an organization or (none) the partner itself, but for those to `still`.
pub(crate) async fn keep_back(
    tx: &DatabaseTransaction,
    partner: PartnerId,
    (kind, organization): (MailKind, Option<OrganizationId>),
    still: &[String],
    now: Time,
) -> Result<(), Error> {
    const SAID: &str = "Not sent: the delivery was switched off, or the address taken out.";
    let waiting = [MailState::Queued.as_str(), MailState::Deferred.as_str()];
    let found = mail::Entity::find()
        .filter(mail::Column::NextAt.is_not_null())
        .filter(mail::Column::PartnerId.eq(partner.0))
        .filter(mail::Column::OrganizationId.eq(organization.map_or(0, |id| id.0)))
        .filter(mail::Column::Kind.eq(kind.as_str()))
        .filter(mail::Column::State.is_in(waiting))
        .all(tx)
        .await?;
    for row in found.into_iter().filter(|row| !still.iter().any(|address| address.eq_ignore_ascii_case(&row.recipient))) {
        let kept = mail::ActiveModel {
            state: Set(MailState::Cancelled.as_str().to_owned()),
            next_at: Set(None),
            lease_until: Set(None),
            leased_by: Set(String::new()),
            said: Set(SAID.to_owned()),
            ended_at: Set(Some(now.0)),
            ..Default::default()
        };
        // Compared and set: a server may write down its hand-over at this moment, and then the copy goes.
        let changed = mail::Entity::update_many()
            .set(kept)
            .filter(mail::Column::PartnerId.eq(partner.0))
            .filter(mail::Column::Id.eq(row.id))
            .filter(mail::Column::State.is_in(waiting))
            .exec(tx)
            .await?;
        if changed.rows_affected == 1 {
            record(tx, partner, MailId(row.id), MailEventKind::Cancelled, SAID, now).await?;
        }
    }
    Ok(())
}
