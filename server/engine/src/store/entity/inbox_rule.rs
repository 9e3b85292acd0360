//! A template rule: which new names become devices by themselves.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "inbox_rules")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub partner_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub pattern: String,
    pub organization_id: i64,
    pub class: String,
    pub policy_id: Option<i64>,
    pub tags: String,
    pub created_at: i64,
    pub created_by: String,
    pub used: i64,
}

impl ActiveModelBehavior for ActiveModel {}
