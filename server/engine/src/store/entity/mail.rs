//! One copy of a message that goes out.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "mails")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub partner_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub organization_id: i64,
    pub kind: String,
    pub report_id: Option<i64>,
    pub once: String,
    pub recipient: String,
    pub subject: String,
    pub message: Vec<u8>,
    pub message_id: String,
    pub state: String,
    pub tries: i64,
    pub next_at: Option<i64>,
    pub lease_until: Option<i64>,
    pub leased_by: String,
    pub said: String,
    pub made_at: i64,
    pub ended_at: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}
