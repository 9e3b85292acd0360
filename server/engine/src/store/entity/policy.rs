//! Schedule and thresholds; `schedule` is JSON as in the API.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "policies")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub partner_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub name: String,
    pub name_lower: String,
    pub schedule: String,
    pub grace_minutes: i64,
    pub longest_run_minutes: i64,
    pub restore_test_days: Option<i64>,
    pub overdue_hours: Option<i64>,
    pub offline_allowance_hours: i64,
    pub silence_days: i64,
    pub is_default: bool,
    pub created_at: i64,
    pub updated_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}
