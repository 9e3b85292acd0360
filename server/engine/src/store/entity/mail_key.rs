//! Keys that a partner's mail is signed with, as JSON in `secret`, each one's secret sealed. The other columns tell of the one that signs.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "mail_keys")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub partner_id: i64,
    pub domain: String,
    pub selector: String,
    pub secret: Vec<u8>,
    pub public: String,
    pub made_at: i64,
    pub made_by: String,
}

impl ActiveModelBehavior for ActiveModel {}
