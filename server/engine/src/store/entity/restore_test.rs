//! A verification that a restore works.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "restore_tests")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub partner_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub organization_id: i64,
    pub device_id: i64,
    pub at: i64,
    pub passed: bool,
    pub scope: String,
    pub rpo_seconds: Option<i64>,
    pub rto_seconds: Option<i64>,
    pub note: String,
    pub made_by: String,
}

impl ActiveModelBehavior for ActiveModel {}
