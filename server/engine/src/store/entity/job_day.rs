//! Runs of a job on one local day (since 1970-01-01, organization's zone).

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "job_days")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub partner_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub device_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub day: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub job_id: i64,
    pub organization_id: i64,
    pub succeeded: i64,
    pub warning: i64,
    pub failed: i64,
    pub missed: i64,
    pub other: i64,
}

impl ActiveModelBehavior for ActiveModel {}
