//! An address that gets no mail of a kind any more; without a kind: none at all.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "mail_stops")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub partner_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub address: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub kind: String,
    pub cause: String,
    pub said: String,
    pub at: i64,
}

impl ActiveModelBehavior for ActiveModel {}
