//! A reseller. `path` holds the ids from the root, each followed by `/`.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "partners")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub parent_id: Option<i64>,
    pub path: String,
    pub name: String,
    pub name_lower: String,
    pub time_zone: String,
    pub created_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}
