//! Time that a service level leaves out: pauses, retirement, deactivation.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "exclusions")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub partner_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub organization_id: i64,
    pub device_id: i64,
    pub cause: String,
    pub from_at: i64,
    pub until_at: Option<i64>,
    pub made_by: String,
}

impl ActiveModelBehavior for ActiveModel {}
