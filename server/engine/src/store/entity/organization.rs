//! A client of one partner.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "organizations")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub partner_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub name: String,
    pub name_lower: String,
    pub time_zone: String,
    pub status: String,
    pub region: String,
    pub plan_name: String,
    pub plan_type: String,
    pub seat_limit: Option<i64>,
    pub created_at: i64,
    pub updated_at: i64,
    pub sla_workstation_hours: i64,
    pub sla_server_hours: i64,
}

impl ActiveModelBehavior for ActiveModel {}
