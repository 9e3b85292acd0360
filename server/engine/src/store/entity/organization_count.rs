//! Live counts of an organization.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "organization_counts")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub partner_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub organization_id: i64,
    pub healthy: i64,
    pub warning: i64,
    pub critical: i64,
    pub unknown: i64,
    pub paused: i64,
    pub running: i64,
    pub retrying: i64,
    pub open_alerts: i64,
    pub covered: i64,
    pub in_breach: i64,
}

impl ActiveModelBehavior for ActiveModel {}
