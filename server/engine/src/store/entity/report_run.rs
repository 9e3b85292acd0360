//! What people have said about a partner's monthly run: stopped, or a past month asked for.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "report_runs")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub partner_id: i64,
    pub held_until: Option<i64>,
    pub held_at: Option<i64>,
    pub held_by: String,
    pub asked_month: Option<i64>,
    pub asked_at: Option<i64>,
    pub asked_by: String,
}

impl ActiveModelBehavior for ActiveModel {}
