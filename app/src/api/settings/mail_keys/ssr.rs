//! From the engine's keys to the page's. The server makes and seals them, and asks the name servers; here it is only said for what.

use super::{KeyLine, SigningView};
use crate::{
    context::{self, MailFrom, MailKeys, TxtRecords},
    error::UiError,
};
use domain::{access::Actor, ids::MailDomainId, mail::aligned};
use engine::{
    Engine,
    store::{
        mail_domains::DomainRow,
        mail_keys::{self, KeyRow, Keys},
    },
};
use leptos::prelude::use_context;

/// Longest text of a TXT record.
const LONGEST: usize = 255;

fn broken() -> UiError {
    UiError::new(500, "internal", "Something went wrong on our side. Try again.")
}

fn split(value: &str) -> String {
    let texts = value.as_bytes().chunks(LONGEST).map(|text| format!("\"{}\"", String::from_utf8_lossy(text)));
    texts.collect::<Vec<_>>().join(" ")
}

/// `rows`: the domains of the page.
pub(in crate::api::settings) async fn view(engine: &Engine, actor: &Actor, rows: &[DomainRow]) -> Result<SigningView, UiError> {
    let sender = use_context::<MailFrom>().unwrap_or_default().0;
    let Some(partner) = actor.scope.partner() else { return Ok(SigningView { sender, ..SigningView::default() }) };
    let Keys { signs, waits } = mail_keys::of_partner(&engine.store, actor).await?;
    let from = sender.rsplit('@').next().unwrap_or_default();
    let line = |key: KeyRow| KeyLine {
        domain_id: rows
            .iter()
            .find(|row| row.domain == key.domain && row.partner.0 == partner && row.organization.is_none())
            .map(|row| row.id),
        split: split(&key.value),
        aligned: aligned(from, &key.domain),
        domain: key.domain,
        selector: key.selector,
        record: key.record,
        value: key.value,
        made_at: key.made_at,
        made_by: key.made_by,
        signs_since: key.signs_since,
        checked: key.checked,
    };
    let (signs, waits) = (signs.map(line), waits.map(line));
    Ok(SigningView { sender, signs, waits })
}

pub(super) async fn make(id: MailDomainId) -> Result<(), UiError> {
    let (engine, actor) = context::actor()?;
    let keys = use_context::<MailKeys>().ok_or_else(broken)?;
    let asked = mail_keys::asked(&engine.store, &actor, id, (engine.clock)()).await?;
    let pair = (keys.make)().await.map_err(|_| broken())?;
    mail_keys::put(&engine.store, &keys.vault, &actor, asked, pair, (engine.clock)()).await?;
    Ok(())
}

pub(super) async fn check(selector: &str) -> Result<bool, UiError> {
    let (engine, actor) = context::actor()?;
    let record = mail_keys::record_of(&engine.store, &actor, selector).await?;
    let ask = use_context::<TxtRecords>().ok_or_else(broken)?;
    let looked = (ask.0)(record).await;
    Ok(mail_keys::looked_up(&engine.store, &actor, selector, &looked, (engine.clock)()).await?)
}
