//! A rule of service level, in force from `from_at` until `until_at`.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sla_rules")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub partner_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub organization_id: i64,
    pub class: String,
    pub hours: i64,
    pub from_at: i64,
    pub until_at: Option<i64>,
    pub made_by: String,
    pub ended_by: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
