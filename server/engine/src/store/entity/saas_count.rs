//! Live counts of SaaS: organization 0 is the whole partner, an empty service all of them.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "saas_counts")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub partner_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub organization_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub service: String,
    pub accounts: i64,
    pub seats: i64,
    pub running: i64,
    pub retrying: i64,
}

impl ActiveModelBehavior for ActiveModel {}
