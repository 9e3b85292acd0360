//! A domain that mail may go to, with what proves whose it is.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "mail_domains")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub partner_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub organization_id: i64,
    pub domain: String,
    pub token: String,
    pub code_hash: Option<String>,
    pub code_to: String,
    pub code_until: Option<i64>,
    pub code_tries: i64,
    pub verified_at: Option<i64>,
    pub verified_by: String,
    pub checked_at: Option<i64>,
    pub check_said: String,
    pub made_at: i64,
    pub made_by: String,
}

impl ActiveModelBehavior for ActiveModel {}
