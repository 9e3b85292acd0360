//! The partner's look on documents. It is changed by a plain form with a file (`POST /branding`, in the server), because a logo comes with it.

use crate::error::UiError;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// The page. Colour: `#rrggbb`, or empty for the product's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BrandingView {
    /// Name on documents; empty: the partner's own.
    pub name: String,
    /// The partner's own name.
    pub partner: String,
    /// Colour of heads and rules.
    pub colour: String,
    /// Line at the foot of each page.
    pub footer: String,
    /// Whether there is a logo.
    pub has_logo: bool,
}

/// The branding of the person's partner.
///
/// # Errors
/// `forbidden`, `not_found`.
#[server(prefix = "/sf", endpoint = "settings/branding", output = crate::wire::Wire)]
pub async fn load_branding() -> Result<BrandingView, UiError> {
    let (engine, actor) = crate::context::actor()?;
    let look = engine::store::branding::branding(&engine.store, &actor).await?;
    Ok(BrandingView { name: look.name, partner: look.partner, colour: look.colour, footer: look.footer, has_logo: look.logo.is_some() })
}
