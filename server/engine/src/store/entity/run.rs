//! One execution of a job; `body` is the JSON of `domain::run::Run`.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "runs")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub partner_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub organization_id: i64,
    pub device_id: i64,
    pub job_id: i64,
    pub run_key: String,
    pub state: String,
    pub started_at: i64,
    pub ended_at: Option<i64>,
    pub attempt: i64,
    pub timed_out: bool,
    pub bytes: Option<i64>,
    pub body: String,
}

impl ActiveModelBehavior for ActiveModel {}
