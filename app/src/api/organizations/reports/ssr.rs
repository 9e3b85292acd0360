//! From the engine's reports, delivery and outbox to the tab. Server side only.

use super::{AddressView, DeliveryView, Hindrance, MailLine, MonthLine, ReportsView};
use crate::{
    api::organizations::rows,
    context::{self, MailFrom},
    error::UiError,
};
use domain::{
    access::{Action, Actor, Ground},
    ids::OrganizationId,
    mail::MailState,
    report::Month,
    wall_clock::shown,
    zones::Zone,
};
use engine::{
    Engine,
    store::{
        mails::{self, MailRow},
        report_delivery::{self, Delivery},
        reports,
    },
};
use leptos::prelude::use_context;

/// Copies that are listed.
const SHOWN: u64 = 50;

pub(super) async fn view(engine: &Engine, actor: &Actor, id: OrganizationId) -> Result<ReportsView, UiError> {
    let (store, now) = (&engine.store, context::now(engine));
    let rows = reports::list(store, actor, id).await?;
    let prospect = reports::prospect(store, &engine.reports, actor, id, now).await?;
    let organization = rows::view(engine, actor, id, "reports", "").await?;
    let is_client = matches!(actor.ground, Ground::Member(_, role) if role.is_client());
    let (delivery, log) = if is_client {
        (None, Vec::new())
    } else {
        (Some(delivery(engine, actor, id).await?), mails::of_organization(store, actor, id, SHOWN).await?)
    };
    let zone = &organization.line.time_zone;
    let due_in = Zone::named(zone).map_or_else(|_| Month::default(), |zone| Month::at(prospect.next_at, zone).plus(-1));
    let words = shown(prospect.next_at, zone).map_or_else(
        |_| domain::text::utc(prospect.next_at),
        |clock| format!("{}, {:02}:{:02} ({})", clock.date, clock.hour, clock.minute, zone.replace('_', " ")),
    );
    let may_make = actor.may(Action::ManageSettings);
    let line = |row: &reports::MonthlyRow| MonthLine {
        month: row.month,
        made_at: row.made_at,
        by_hand: row.made_by != "system",
        expires_at: row.expires_at,
        copies: copies(&log, row),
    };
    Ok(ReportsView {
        months: rows.iter().map(line).collect(),
        next: (due_in, prospect.next_at, words),
        // Names and causes within the house are for those who can do something about it.
        fault: (prospect.tries > 0 && !is_client).then_some(prospect.fault),
        missing: if may_make { prospect.missing } else { Vec::new() },
        log: log.into_iter().map(mail).collect(),
        may_edit: actor.may(Action::ManageDelivery),
        may_verify: may_make,
        organization,
        delivery,
    })
}

fn copies(log: &[MailRow], report: &reports::MonthlyRow) -> (usize, usize, usize) {
    let of = |fits: fn(MailState) -> bool| {
        let same = |row: &&MailRow| row.report == Some(report.id) && row.kind == domain::mail::MailKind::Report && fits(row.state);
        log.iter().filter(same).count()
    };
    (of(|s| s == MailState::Sent), of(|s| !s.is_over()), of(|s| s.is_over() && s != MailState::Sent))
}

async fn delivery(engine: &Engine, actor: &Actor, id: OrganizationId) -> Result<DeliveryView, UiError> {
    let store = &engine.store;
    let Delivery { enabled, addresses, shared, domains, changed, .. } = report_delivery::delivery(store, actor, id).await?;
    let plain: Vec<String> = addresses.iter().map(|registered| registered.address.clone()).collect();
    let stops = if plain.is_empty() { Vec::new() } else { mails::stops(store, actor, id, &plain).await? };
    let view = |registered: report_delivery::Registered| {
        let stop = stops.iter().find(|stop| stop.address.eq_ignore_ascii_case(&registered.address));
        let hindrance = match stop {
            _ if !registered.proved => Some(Hindrance::Unverified),
            Some(stop) if stop.cause == "bounced" => Some(Hindrance::Bounced(stop.at, stop.said.clone())),
            Some(stop) => Some(Hindrance::Unsubscribed(stop.at)),
            None => None,
        };
        AddressView { address: registered.address, hindrance }
    };
    let own_address = context::session().filter(|_| actor.may(Action::ManageDelivery)).map(|session| session.email).unwrap_or_default();
    Ok(DeliveryView {
        enabled,
        addresses: addresses.into_iter().map(view).collect(),
        shared,
        domains,
        sender: use_context::<MailFrom>().unwrap_or_default().0,
        changed,
        own_address,
    })
}

fn mail(row: MailRow) -> MailLine {
    MailLine {
        id: row.id,
        kind: row.kind,
        recipient: row.recipient,
        subject: row.subject,
        state: row.state,
        said: row.said,
        made_at: row.made_at,
        next_at: row.next_at,
        ended_at: row.ended_at,
    }
}
