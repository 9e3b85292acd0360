//! One thing that is backed up again and again; `schedule` (JSON) overrides the policy's.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "jobs")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub partner_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub organization_id: i64,
    pub device_id: i64,
    pub name: String,
    pub name_lower: String,
    pub slug: String,
    pub schedule: Option<String>,
    pub ping_uuid: String,
    pub created_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}
