//! The record of a condition's life; `reason` is the JSON of `domain::health::Reason`.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "alerts")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub partner_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub organization_id: i64,
    pub device_id: i64,
    pub job_id: Option<i64>,
    pub run_id: Option<i64>,
    pub kind: String,
    pub severity: String,
    pub since: i64,
    pub opened_at: i64,
    pub raised_at: Option<i64>,
    pub resolved_at: Option<i64>,
    pub reopened: i64,
    pub muted: bool,
    pub acknowledged_at: Option<i64>,
    pub acknowledged_by: Option<String>,
    pub snoozed_until: Option<i64>,
    pub reason: String,
    pub worth: i64,
    pub incident_id: Option<i64>,
    pub destination: Option<String>,
    pub last_opened_at: i64,
    pub reopenings: String,
    pub flapping_since: Option<i64>,
    pub cleared_at: Option<i64>,
    pub reminded_at: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}
