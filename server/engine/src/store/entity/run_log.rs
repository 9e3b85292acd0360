//! A run's log, zstd.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "run_logs")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub partner_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub run_id: i64,
    pub body: Vec<u8>,
    pub bytes: i64,
    pub created_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}
