//! The last assessment of a device and what moves it.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "device_state")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub partner_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub device_id: i64,
    pub organization_id: i64,
    pub life: String,
    pub score: i64,
    pub band: String,
    pub assessment: String,
    pub assessed_at: i64,
    pub next_change_at: Option<i64>,
    pub last_seen_at: Option<i64>,
    pub checked_in_at: Option<i64>,
    pub storage_used: Option<i64>,
    pub last_usable_at: Option<i64>,
    pub due_at: Option<i64>,
    pub running: i64,
    pub retrying: i64,
    pub restore_at: Option<i64>,
    pub restore_passed: Option<bool>,
    pub open_alerts: i64,
    pub breach_at: Option<i64>,
    pub in_breach: bool,
    pub quiet_until: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}
