//! Alerts of one cause.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "incidents")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub partner_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub organization_id: i64,
    pub cause: String,
    pub severity: String,
    pub opened_at: i64,
    pub joined_at: i64,
    pub resolved_at: Option<i64>,
    pub members: i64,
    pub open_members: i64,
}

impl ActiveModelBehavior for ActiveModel {}
