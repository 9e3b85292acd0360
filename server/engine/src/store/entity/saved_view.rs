//! Filters that somebody keeps under a name.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "saved_views")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub partner_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub user_id: i64,
    pub place: String,
    pub name: String,
    pub query: String,
    pub created_at: i64,
    pub created_by: String,
}

impl ActiveModelBehavior for ActiveModel {}
