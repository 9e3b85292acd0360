//! Runs that ended failed, missed or with a warning, by their start.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "troubled_runs")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub partner_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub started_at: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub run_id: i64,
    pub organization_id: i64,
    pub device_id: i64,
    pub state: String,
}

impl ActiveModelBehavior for ActiveModel {}
