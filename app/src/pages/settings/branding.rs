//! Branding: a partner's name, colour, logo and a line at the foot of its documents. A plain form with a file; it works without scripts, and what is
//! wrong comes back in the address, as a code: its words are chosen here.

use super::Settings;
use crate::{
    api::settings::branding::{BrandingView, load_branding},
    components::{Button, ButtonKind, Field, Page, loaded},
    wire,
};
use domain::colour::{TEXT_CONTRAST, contrast_on_white, parse};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// The product's own colour.
const USUAL: &str = "#4338b8";

/// The page; `?saved`, or `?fault=…&field=…` with what was typed.
#[component]
pub fn Branding() -> impl IntoView {
    let query = use_query_map();
    let view = wire::resource_blocking(|| (), |()| load_branding());
    let lead = view! { <p>"How your reports look: on the cover, at the head and at the foot of each page."</p> };
    view! {
        <Page title="Branding" lead=lead.into_any()>
            <Settings here="/settings/branding">
                {loaded(view, move |view: BrandingView| {
                    let text = |key: &str| query.with_untracked(|q| q.get(key));
                    let fault = text("fault").map(|code| (text("field").unwrap_or_default(), words(&code).to_owned()));
                    let view = if fault.is_some() {
                        BrandingView {
                            name: text("name").unwrap_or(view.name),
                            colour: text("colour").unwrap_or(view.colour),
                            footer: text("footer").unwrap_or(view.footer),
                            ..view
                        }
                    } else {
                        view
                    };
                    let saved = text("saved").is_some();
                    view! { <Form view fault saved/> }.into_any()
                })}
            </Settings>
        </Page>
    }
}

/// What is wrong, of its code.
fn words(code: &str) -> &'static str {
    match code {
        "too_long" => "Write one line, and a shorter one.",
        "invalid_colour" => "A colour is a # and six digits, for example #0b5c8e.",
        "invalid_logo" => "A logo is a PNG picture of at most 200 KB.",
        "not_png" => "This file is not a PNG picture that can be read.",
        "too_large" => "The picture is larger than 200 KB: save it smaller.",
        "too_many_pixels" => "The picture is wider or higher than 2,000 pixels: save it smaller.",
        "unreadable" => "The form could not be read: a logo has at most 200 KB.",
        _ => "It was not saved. Look through what is filled in, and try again.",
    }
}

#[component]
fn Form(view: BrandingView, fault: Option<(String, String)>, saved: bool) -> impl IntoView {
    let (name, footer) = (RwSignal::new(view.name), RwSignal::new(view.footer));
    let colour = RwSignal::new(if view.colour.is_empty() { USUAL.to_owned() } else { view.colour });
    let about = |field: &str| Signal::stored(fault.as_ref().filter(|(of, _)| of == field).map(|(_, words)| words.clone()));
    let (of_name, of_colour, of_footer, of_logo) = (about("name"), about("colour"), about("footer"), about("logo"));
    let other =
        fault.as_ref().filter(|(of, _)| !["name", "colour", "footer", "logo"].contains(&of.as_str())).map(|(_, words)| words.clone());
    let logo_fault = move || of_logo.get().unwrap_or_default();
    view! {
        <form class="stack branding" method="post" action="/branding" enctype="multipart/form-data">
            <div role="status">{saved.then(|| view! { <p class="branding-saved">"Saved. Reports that are made from now on look so."</p> })}</div>
            {other.map(|words| view! { <p class="form-error" role="alert">{words}</p> })}
            <div class="card stack">
                <Field label="Name on documents" name="name" value=name placeholder=view.partner autocomplete="organization" error=of_name
                    hint="Empty: the name of your company as it stands here."/>
                <Field label="Colour" name="colour" value=colour plain=true autocomplete="off" error=of_colour placeholder=USUAL
                    hint="Of heads and rules, as # and six digits."/>
                <Swatch colour/>
                <div class="field" data-invalid=move || of_logo.get().is_some().then_some("")>
                    <label for="field-logo">"Logo "<span class="field-optional">"(optional)"</span></label>
                    {view.has_logo.then(|| view! {
                        <img class="branding-logo" src="/branding/logo.png" alt="The present logo"/>
                        <label class="branding-remove"><input type="checkbox" name="remove_logo" value="true"/>"Remove it"</label>
                    })}
                    <input class="input" id="field-logo" type="file" name="logo" accept="image/png" aria-describedby="field-logo-error field-logo-hint"/>
                    <p class="field-hint" id="field-logo-hint">"A PNG picture of at most 200 KB and 2,000 pixels a side, on white or without a ground."</p>
                    <p class="field-error" id="field-logo-error">{logo_fault}</p>
                </div>
                <Field label="Line at the foot" name="footer" value=footer autocomplete="off" error=of_footer
                    placeholder="Nordwind IT · Hafenstraße 12, Hamburg · service@nordwind.example" hint="An address, or how to reach you."/>
            </div>
            <div class="form-actions">
                <Button kind=ButtonKind::Primary submit=true>"Save"</Button>
                <a class="button" href="/branding/preview.pdf" rel="external" target="_blank">"Preview as PDF"</a>
                <span class="faint">"The preview shows what is saved."</span>
            </div>
        </form>
    }
}

/// The colour as it is, and how well it is read.
#[component]
fn Swatch(colour: RwSignal<String>) -> impl IntoView {
    let known = Memo::new(move |_| parse(colour.read().trim()));
    let words = move || match known.get().map(contrast_on_white) {
        None => "This is no colour yet.".to_owned(),
        Some(contrast) if contrast < TEXT_CONTRAST => {
            format!("Contrast on white {contrast:.1}: too light for text. Rules keep it; heads are written in a darker shade.")
        }
        Some(contrast) => format!("Contrast on white {contrast:.1}: well read."),
    };
    let fill = move || known.get().map_or_else(|| "none".to_owned(), |[r, g, b]| format!("#{r:02x}{g:02x}{b:02x}"));
    view! {
        <p class="branding-colour" aria-live="polite">
            <svg width="40" height="20" aria-hidden="true"><rect x="0.5" y="0.5" width="39" height="19" rx="4" stroke="currentColor" stroke-opacity="0.3" fill=fill/></svg>
            <span>{words}</span>
        </p>
    }
}
