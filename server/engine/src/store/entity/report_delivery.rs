//! To whom an organization's monthly report goes, and whether its own people may take it away.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "report_delivery")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub partner_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub organization_id: i64,
    pub enabled: bool,
    pub enabled_at: Option<i64>,
    pub addresses: String,
    pub shared: bool,
    pub updated_at: i64,
    pub updated_by: String,
}

impl ActiveModelBehavior for ActiveModel {}
