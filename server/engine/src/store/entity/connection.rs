//! An organization's link to one SaaS service. `tokens` are encrypted.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "connections")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub partner_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub organization_id: i64,
    pub service: String,
    pub policy_id: i64,
    pub tenant: String,
    pub consent: String,
    pub consent_at: i64,
    pub consent_code: String,
    pub consent_detail: String,
    #[sea_orm(column_type = "Blob", nullable)]
    pub tokens: Option<Vec<u8>>,
    pub granted_at: Option<i64>,
    pub granted_by: String,
    pub refreshed_at: Option<i64>,
    pub next_refresh_at: Option<i64>,
    pub refused_at: Option<i64>,
    pub troubled_since: Option<i64>,
    pub attempts: i64,
    pub claimed_until: Option<i64>,
    pub claimed_by: Option<String>,
    pub discovered_at: Option<i64>,
    pub next_discovery_at: Option<i64>,
    pub discovery_detail: String,
    pub created_at: i64,
    pub updated_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}
