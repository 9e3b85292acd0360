//! A frozen report with what it was made of.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "reports")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub partner_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub kind: String,
    pub organization_id: i64,
    pub from_at: i64,
    pub until_at: i64,
    pub made_at: i64,
    pub made_by: String,
    pub inputs: Vec<u8>,
    pub inputs_hash: String,
    pub month: Option<i64>,
    pub expires_at: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}
