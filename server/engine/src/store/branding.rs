//! A partner's look on its documents: name, colour, logo, a line at the foot.

use super::{
    audit::{self, Entry, hex},
    entity::partner_setting,
    partners, scope,
};
use crate::{Engine, error::Error, store::Store};
use domain::{
    access::{Action, Actor},
    colour,
    time::Time,
};
use sea_orm::{ActiveValue::Set, EntityTrait, sea_query::OnConflict};
use serde_json::json;
use sha2::{Digest, Sha256};

/// Longest name, in characters.
pub const LONGEST_NAME: usize = 80;
/// Longest line at the foot, in characters.
pub const LONGEST_FOOTER: usize = 200;
/// Largest logo, in bytes.
pub const LOGO_BYTES: usize = 200 * 1024;
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

/// A partner's look. Empty: the partner's own name, the product's colour, no line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Branding {
    /// The partner's own name.
    pub partner: String,
    /// Name on documents.
    pub name: String,
    /// `#rrggbb`.
    pub colour: String,
    /// Line at the foot of each page.
    pub footer: String,
    /// A PNG.
    pub logo: Option<Vec<u8>>,
}

/// What happens to the logo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NewLogo {
    /// It stays.
    Keep,
    /// It goes.
    Remove,
    /// A PNG that has been read and found good.
    Png(Vec<u8>),
}

/// A look as somebody wishes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewBranding {
    /// Name on documents; empty: the partner's own.
    pub name: String,
    /// `#rrggbb`; empty: the product's.
    pub colour: String,
    /// Line at the foot; empty: none.
    pub footer: String,
    /// The logo.
    pub logo: NewLogo,
}

/// The look of the actor's partner.
///
/// # Errors
/// `NotFound` (an actor without a partner), `Forbidden`.
pub async fn branding(store: &Store, actor: &Actor) -> Result<Branding, Error> {
    let partner = scope::own_partner(actor)?;
    scope::inside(actor, "partner", partner, None, None)?;
    scope::require(actor, Action::ManageSettings, "see the branding")?;
    let known = partner_setting::Entity::find_by_id(partner.0).one(store.reads()).await?;
    let own = partners::get(store, actor, partner).await?.name;
    Ok(match known {
        Some(row) => {
            Branding { partner: own, name: row.brand_name, colour: row.brand_colour, footer: row.brand_footer, logo: row.brand_logo }
        }
        None => Branding { partner: own, ..Branding::default() },
    })
}

/// Changes the look of the actor's partner. Reports that are kept already stay as they are.
///
/// # Errors
/// `NotFound`, `Forbidden`, `Invalid` (`name`, `colour`, `footer`, `logo`).
pub async fn set_branding(engine: &Engine, actor: &Actor, new: NewBranding, now: Time) -> Result<(), Error> {
    let store = &engine.store;
    let partner = scope::own_partner(actor)?;
    scope::inside(actor, "partner", partner, None, None)?;
    scope::require(actor, Action::ManageSettings, "change the branding")?;
    let (name, colour, footer) = (line(&new.name, "name", LONGEST_NAME)?, new.colour.trim(), line(&new.footer, "footer", LONGEST_FOOTER)?);
    if !colour.is_empty() && colour::parse(colour).is_none() {
        return Err(Error::invalid("invalid_colour", "colour", "A colour is a # and six digits, for example #0b5c8e."));
    }
    let (logo, said) = match new.logo {
        NewLogo::Keep => (None, "kept".to_owned()),
        NewLogo::Remove => (Some(None), "removed".to_owned()),
        NewLogo::Png(file) if file.len() > LOGO_BYTES || !file.starts_with(PNG) => {
            return Err(Error::invalid("invalid_logo", "logo", "A logo is a PNG picture of at most 200 KB."));
        }
        NewLogo::Png(file) => {
            let hash = hex(&Sha256::digest(&file));
            (Some(Some(file)), hash)
        }
    };
    let row = partner_setting::ActiveModel {
        partner_id: Set(partner.0),
        reminder_hours: Set(None),
        brand_name: Set(name.clone()),
        brand_colour: Set(colour.to_lowercase()),
        brand_logo: Set(logo.clone().flatten()),
        brand_footer: Set(footer.clone()),
        updated_at: Set(now.0),
    };
    let mut changed = vec![
        partner_setting::Column::BrandName,
        partner_setting::Column::BrandColour,
        partner_setting::Column::BrandFooter,
        partner_setting::Column::UpdatedAt,
    ];
    changed.extend(logo.is_some().then_some(partner_setting::Column::BrandLogo));
    let met = OnConflict::column(partner_setting::Column::PartnerId).update_columns(changed).to_owned();
    let tx = store.begin_for(partner).await?;
    partner_setting::Entity::insert(row).on_conflict(met).exec_without_returning(&tx).await?;
    let detail = json!({ "name": name, "colour": colour, "footer": footer, "logo": said });
    let entry = Entry { partner, organization: None, what: "partner.branding", subject: format!("partner:{partner}"), detail };
    audit::append(&tx, audit::who(actor), entry, now).await?;
    tx.commit().await?;
    Ok(())
}

fn line(text: &str, field: &'static str, longest: usize) -> Result<String, Error> {
    let text = text.trim();
    if text.chars().count() > longest || text.chars().any(char::is_control) {
        return Err(Error::invalid("too_long", field, format!("Write one line of at most {longest} characters.")));
    }
    Ok(text.to_owned())
}
