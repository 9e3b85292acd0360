//! The last assessment of an account and what moves it.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "account_state")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub partner_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub account_id: i64,
    pub organization_id: i64,
    pub service: String,
    pub life: String,
    pub counted: bool,
    pub score: i64,
    pub band: String,
    pub assessment: String,
    pub assessed_at: i64,
    pub next_change_at: Option<i64>,
    pub last_seen_at: Option<i64>,
    pub last_result: Option<String>,
    pub last_at: Option<i64>,
    pub last_usable_at: Option<i64>,
    pub due_at: Option<i64>,
    pub running: i64,
    pub retrying: i64,
    pub open_alerts: i64,
    pub quiet_until: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}
