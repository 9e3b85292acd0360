//! A maintenance window; a change ends the row and begins another of its series.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "maintenance_windows")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub partner_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub series_id: i64,
    pub name: String,
    pub note: String,
    pub scope: String,
    pub organization_id: i64,
    pub device_id: i64,
    pub tag: String,
    pub occurs: String,
    pub from_at: i64,
    pub until_at: Option<i64>,
    pub over_at: Option<i64>,
    pub made_by: String,
    pub ended_by: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
