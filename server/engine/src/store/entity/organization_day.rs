//! Runs of an organization by local day, all jobs together.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "organization_days")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub partner_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub organization_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub day: i64,
    pub succeeded: i64,
    pub warning: i64,
    pub failed: i64,
    pub missed: i64,
}

impl ActiveModelBehavior for ActiveModel {}
