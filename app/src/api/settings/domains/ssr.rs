//! From the engine's domains to the page's. The name servers are asked by the server; here it is only said for what.

use super::{DomainInput, DomainLine, DomainsView};
use crate::{
    api::settings::mail_keys,
    context::{self, TxtRecords},
    error::UiError,
};
use domain::ids::{MailDomainId, OrganizationId};
use engine::store::{
    mail_domains::{self, DomainRow, NewDomain, Proof},
    organizations, partners,
};
use leptos::prelude::use_context;

fn id_of(text: &str) -> Result<Option<OrganizationId>, UiError> {
    if text.is_empty() { Ok(None) } else { text.parse().map(Some).map_err(|_| UiError::not_found("organization")) }
}

pub(super) async fn view(organization: &str) -> Result<DomainsView, UiError> {
    let (engine, actor) = context::actor()?;
    let now = context::now(&engine);
    let asked = id_of(organization)?;
    let rows = mail_domains::list(&engine.store, &actor, asked).await?;
    let organization = match asked {
        Some(id) => Some((id, organizations::get(&engine.store, &actor, id).await?.name)),
        None => None,
    };
    let partner = match actor.scope.partner() {
        Some(partner) => partners::get(&engine.store, &actor, partner).await?.name,
        None => String::new(),
    };
    let signing = mail_keys::view(&engine, &actor, &rows).await?;
    let own = actor.scope.partner();
    let signed = |id: MailDomainId| signing.signs.iter().chain(&signing.waits).any(|key| key.domain_id == Some(id));
    let line = |row: DomainRow| DomainLine {
        may_sign: row.proved.is_some() && row.organization.is_none() && own == Some(row.partner.0) && !signed(row.id),
        id: row.id,
        domain: row.domain,
        organization: row.organization,
        partner: row.partner.1,
        record: row.record,
        value: row.value,
        proved: row.proved.map(|(at, proof)| (at, proof == Proof::Record)),
        checked: row.checked,
        code_to: row.code.filter(|(_, until)| *until > now).map(|(to, _)| to),
        made_at: row.made_at,
        made_by: row.made_by,
    };
    let mailboxes = mail_domains::MAILBOXES.iter().map(|mailbox| (*mailbox).to_owned()).collect();
    let rows = rows.into_iter().map(line).collect();
    Ok(DomainsView { rows, organization, partner, mailboxes, signing })
}

pub(super) async fn add(form: DomainInput) -> Result<(), UiError> {
    let (engine, actor) = context::actor()?;
    let new = NewDomain { organization: id_of(&form.organization)?, domain: form.domain };
    let added = mail_domains::add(&engine.store, &actor, new, (engine.clock)()).await;
    added.map(|_| ()).map_err(|error| {
        let is_there = error.public_code() == "domain_exists";
        let told = UiError::from(error);
        // Said where it was typed.
        UiError { field: if is_there { Some("domain".to_owned()) } else { told.field.clone() }, ..told }
    })
}

pub(super) async fn check(id: MailDomainId) -> Result<bool, UiError> {
    let (engine, actor) = context::actor()?;
    let row = mail_domains::get(&engine.store, &actor, id).await?;
    let ask = use_context::<TxtRecords>().ok_or_else(|| UiError::new(500, "internal", "Something went wrong on our side. Try again."))?;
    let looked = (ask.0)(row.record).await;
    Ok(mail_domains::looked_up(&engine.store, &actor, id, &looked, (engine.clock)()).await?)
}
