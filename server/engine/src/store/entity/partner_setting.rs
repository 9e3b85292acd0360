//! What a partner wishes for all that is below it.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "partner_settings")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub partner_id: i64,
    pub reminder_hours: Option<i64>,
    pub brand_name: String,
    pub brand_colour: String,
    pub brand_logo: Option<Vec<u8>>,
    pub brand_footer: String,
    pub updated_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}
