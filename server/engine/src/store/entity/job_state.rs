//! What a job's runs say: JSON of `JobHistory` and `Slots`.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "job_state")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub partner_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub job_id: i64,
    pub organization_id: i64,
    pub device_id: i64,
    pub history: String,
    pub slots: String,
    pub last_run_id: Option<i64>,
    pub last_state: Option<String>,
    pub last_at: Option<i64>,
    pub last_usable_at: Option<i64>,
    pub due_at: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}
