//! What is wrong with the platform itself.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "platform_incidents")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub kind: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub subject: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub since: i64,
    pub last_at: i64,
    pub resolved_at: Option<i64>,
    pub detail: String,
}

impl ActiveModelBehavior for ActiveModel {}
