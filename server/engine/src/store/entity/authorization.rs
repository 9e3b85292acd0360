//! An authorization that was begun and waits for the provider's answer. `verifier` is sealed.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "authorizations")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub state_hash: String,
    pub partner_id: i64,
    pub connection_id: i64,
    pub user_id: i64,
    #[sea_orm(column_type = "Blob")]
    pub verifier: Vec<u8>,
    pub created_at: i64,
    pub expires_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}
