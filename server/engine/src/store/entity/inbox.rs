//! A source of reports that no device answers to.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "inbox")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub partner_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub organization_id: i64,
    pub source: String,
    pub source_lower: String,
    pub first_seen_at: i64,
    pub last_seen_at: i64,
    pub events: i64,
    pub device_id: Option<i64>,
    pub dismissed_at: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}
