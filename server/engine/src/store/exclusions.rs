//! Times that a service level leaves out because somebody said so: pauses, retirement, deactivation (D2, D5). Open until the subject is
//! back. Written in the transaction of the command that causes them; maintenance follows from its windows instead.

use super::{audit, entity::exclusion, sql::Sql};
use crate::{
    error::Error,
    ingest::bulk::{
        Kind::{Int, Text},
        Meet, Table,
    },
    reconcile::work::Mint,
};
use domain::{
    access::Actor,
    ids::{DeviceId, OrganizationId, PartnerId},
    policy::DeviceLife,
    sla::Cause,
    time::Time,
};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

/// The table as a fill writes it.
pub(crate) static EXCLUSIONS: Table = Table {
    name: "exclusions",
    keys: &[("partner_id", Int), ("id", Int)],
    fixed: &[("organization_id", Int), ("device_id", Int), ("cause", Text), ("from_at", Int), ("until_at", Int), ("made_by", Text)],
    columns: &[],
    meet: Meet::Keep,
};

/// Whom an exclusion concerns; without a device: the whole organization.
#[derive(Clone, Copy)]
pub(crate) struct Whom {
    pub(crate) partner: PartnerId,
    pub(crate) organization: OrganizationId,
    pub(crate) device: Option<DeviceId>,
}

/// What a life leaves out.
pub(crate) const fn cause_of(life: DeviceLife) -> Option<Cause> {
    match life {
        DeviceLife::Paused => Some(Cause::Paused),
        DeviceLife::Retired => Some(Cause::Retired),
        DeviceLife::Pending | DeviceLife::Active => None,
    }
}

/// Opens an exclusion; one of this cause that is open already goes on.
pub(crate) async fn begin<C: ConnectionTrait>(
    conn: &C,
    mint: &impl Mint,
    whom: Whom,
    cause: Cause,
    actor: &Actor,
    now: Time,
) -> Result<(), Error> {
    let mut sql = Sql::new("INSERT INTO exclusions (partner_id, id, organization_id, device_id, cause, from_at, made_by) VALUES (");
    sql.bind(whom.partner.0).push(", ").bind(mint.id(now)).push(", ").bind(whom.organization.0).push(", ");
    sql.bind(whom.device.map_or(0, |device| device.0)).push(", ").bind(cause.as_str()).push(", ").bind(now.0).push(", ");
    sql.bind(audit::who(actor)).push(") ON CONFLICT DO NOTHING");
    conn.execute_raw(sql.build(conn.get_database_backend())).await?;
    Ok(())
}

/// Closes the open exclusion of this cause, if there is one.
pub(crate) async fn end<C: ConnectionTrait>(conn: &C, whom: Whom, cause: Cause, now: Time) -> Result<(), Error> {
    exclusion::Entity::update_many()
        .col_expr(exclusion::Column::UntilAt, now.0.into())
        .filter(exclusion::Column::UntilAt.is_null())
        .filter(exclusion::Column::PartnerId.eq(whom.partner.0))
        .filter(exclusion::Column::OrganizationId.eq(whom.organization.0))
        .filter(exclusion::Column::DeviceId.eq(whom.device.map_or(0, |device| device.0)))
        .filter(exclusion::Column::Cause.eq(cause.as_str()))
        .exec(conn)
        .await?;
    Ok(())
}
