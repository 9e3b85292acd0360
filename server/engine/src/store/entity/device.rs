//! A protected machine; `tags` is a JSON array of texts.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "devices")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub partner_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub organization_id: i64,
    pub name: String,
    pub name_lower: String,
    pub class: String,
    pub life: String,
    pub policy_id: i64,
    pub quota_bytes: Option<i64>,
    pub tags: String,
    pub ping_uuid: String,
    pub agent_version: Option<String>,
    pub hostname: Option<String>,
    pub enrolled_at: i64,
    pub watched_since: i64,
    pub updated_at: i64,
    #[sea_orm(belongs_to, from = "(PartnerId, OrganizationId)", to = "(PartnerId, Id)")]
    pub organization: BelongsTo<super::organization::Entity>,
    #[sea_orm(belongs_to, from = "(PartnerId, PolicyId)", to = "(PartnerId, Id)")]
    pub policy: BelongsTo<super::policy::Entity>,
    #[sea_orm(belongs_to, from = "(PartnerId, Id)", to = "(PartnerId, DeviceId)")]
    pub state: BelongsTo<super::device_state::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
