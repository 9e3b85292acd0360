//! Ends of a device's usable runs, one row a week.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "recency")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub partner_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub week: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub device_id: i64,
    pub organization_id: i64,
    pub ends: Vec<u8>,
}

impl ActiveModelBehavior for ActiveModel {}
