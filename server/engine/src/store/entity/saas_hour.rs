//! Runs of SaaS that ended, by hour: organization 0 is the whole partner.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "saas_hours")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub partner_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub organization_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub hour: i64,
    pub succeeded: i64,
    pub warning: i64,
    pub failed: i64,
    pub missed: i64,
}

impl ActiveModelBehavior for ActiveModel {}
