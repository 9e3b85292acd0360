//! When and to whom a partner's weekly health summary goes.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "weekly_summaries")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub partner_id: i64,
    pub enabled: bool,
    pub addresses: String,
    pub weekday: i64,
    pub hour: i64,
    pub next_at: Option<i64>,
    pub last_day: Option<i64>,
    pub updated_at: i64,
    pub updated_by: String,
}

impl ActiveModelBehavior for ActiveModel {}
