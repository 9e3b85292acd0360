//! A partner's look: the form with its file, the logo, and a page that shows how documents look. Plain addresses; no scripts are needed.

mod preview;

use super::{
    auth::Caller,
    error::{ApiError, ApiResult},
    press::press,
};
use crate::portal::Portal;
use ::paper::{
    Fonts, Limits,
    brand::{Brand, Colour, LOGO_BYTES, Logo, LogoFault},
};
use app::browser::escape;
use axum::{
    Router,
    extract::{DefaultBodyLimit, Multipart, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use engine::store::branding::{self, Branding, NewBranding, NewLogo};

/// Method and address of each, for the walk of the access matrix.
pub const ROUTES: [(&str, &str); 3] = [("POST", "/branding"), ("GET", "/branding/logo.png"), ("GET", "/branding/preview.pdf")];
/// The file and the words beside it.
const LARGEST_FORM: usize = LOGO_BYTES + 64 * 1024;
const PAGE: &str = "/settings/branding";

/// The routes.
pub fn routes() -> Router<Portal> {
    Router::new()
        .route("/branding", post(save).layer(DefaultBodyLimit::max(LARGEST_FORM)))
        .route("/branding/logo.png", get(logo))
        .route("/branding/preview.pdf", get(look))
}

/// The look as the engine of documents takes it. A logo that can't be read any more is left out.
pub(super) fn brand(look: &Branding) -> Brand {
    Brand {
        name: if look.name.is_empty() { look.partner.clone() } else { look.name.clone() },
        colour: Colour::parse(&look.colour).unwrap_or(Colour::ACCENT),
        logo: look.logo.as_deref().and_then(|file| Logo::read(file).ok()),
        footer: look.footer.clone(),
    }
}

#[derive(Default)]
struct Typed {
    name: String,
    colour: String,
    footer: String,
    remove: bool,
    logo: Vec<u8>,
}

async fn read(mut form: Multipart) -> Result<Typed, &'static str> {
    const BROKEN: &str = "unreadable";
    let mut typed = Typed::default();
    while let Some(field) = form.next_field().await.map_err(|_| BROKEN)? {
        let name = field.name().unwrap_or_default().to_owned();
        let bytes = field.bytes().await.map_err(|_| BROKEN)?;
        let text = || String::from_utf8_lossy(&bytes).into_owned();
        match name.as_str() {
            "name" => typed.name = text(),
            "colour" => typed.colour = text(),
            "footer" => typed.footer = text(),
            "remove_logo" => typed.remove = true,
            "logo" => typed.logo = bytes.to_vec(),
            _ => {}
        }
    }
    Ok(typed)
}

/// The file, if it is a logo. Unpacking it takes long: not on a thread that answers.
async fn sound(file: Vec<u8>) -> ApiResult<Result<Vec<u8>, LogoFault>> {
    let looked = tokio::task::spawn_blocking(move || Logo::read(&file).map(|_| file)).await;
    looked.map_err(|e| ApiError::internal(e.to_string()))
}

/// Saves what was typed, and leads back to the page: with what is wrong, if something is.
async fn save(State(portal): State<Portal>, caller: Caller, form: Multipart) -> ApiResult<Response> {
    let mut typed = match read(form).await {
        Ok(typed) => typed,
        Err(code) => return Ok(back(&format!("?fault={code}&field=logo"))),
    };
    let file = std::mem::take(&mut typed.logo);
    let logo = match (file.is_empty(), typed.remove) {
        (true, true) => NewLogo::Remove,
        (true, false) => NewLogo::Keep,
        (false, _) => match sound(file).await? {
            Ok(file) => NewLogo::Png(file),
            Err(LogoFault::NotPng) => return Ok(with_fault(&typed, "logo", "not_png")),
            Err(LogoFault::TooLarge) => return Ok(with_fault(&typed, "logo", "too_large")),
            Err(LogoFault::TooManyPixels) => return Ok(with_fault(&typed, "logo", "too_many_pixels")),
        },
    };
    let new = NewBranding { name: typed.name.clone(), colour: typed.colour.clone(), footer: typed.footer.clone(), logo };
    match branding::set_branding(portal.engine(), &caller.actor, new, portal.now()).await {
        Ok(()) => Ok(back("?saved")),
        Err(engine::Error::Invalid { field, code, .. }) => Ok(with_fault(&typed, field.unwrap_or_default(), code)),
        Err(error) => Err(error.into()),
    }
}

/// The page chooses the words of a code: what an address says is not the portal's word. What was typed comes back as far as a form
/// may need it, so that the address stays short.
fn with_fault(typed: &Typed, field: &str, code: &str) -> Response {
    let cut = |text: &str, most: usize| escape(&text.chars().take(most).collect::<String>());
    let (name, colour, footer) = (cut(&typed.name, 150), cut(&typed.colour, 20), cut(&typed.footer, 300));
    back(&format!("?fault={code}&field={field}&name={name}&colour={colour}&footer={footer}"))
}

fn back(query: &str) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    if let Ok(place) = HeaderValue::from_str(&format!("{PAGE}{query}")) {
        response.headers_mut().insert(header::LOCATION, place);
    }
    response
}

fn shown(kind: &'static str, body: Vec<u8>) -> Response {
    let mut response = Response::new(body.into());
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

async fn logo(State(portal): State<Portal>, caller: Caller) -> ApiResult<Response> {
    let look = branding::branding(portal.store(), &caller.actor).await?;
    Ok(shown("image/png", look.logo.ok_or_else(|| ApiError::not_found("logo"))?))
}

async fn look(State(portal): State<Portal>, caller: Caller) -> ApiResult<Response> {
    let look = branding::branding(portal.store(), &caller.actor).await?;
    let file = press(move |stop| ::paper::render(preview::sample(&brand(&look)), Fonts::embedded(), Limits::default(), stop)).await?;
    let mut response = shown("application/pdf", file);
    response.headers_mut().insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("inline; filename=\"preview.pdf\""));
    Ok(response)
}
