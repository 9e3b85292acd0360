//! One seat under a connection.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "accounts")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub partner_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub organization_id: i64,
    pub connection_id: i64,
    pub service: String,
    pub address: String,
    pub address_lower: String,
    pub name: String,
    pub r#type: String,
    pub status: String,
    pub external_id: Option<String>,
    pub gone_at: Option<i64>,
    pub enrolled_at: i64,
    pub watched_since: i64,
    pub created_at: i64,
    pub updated_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}
