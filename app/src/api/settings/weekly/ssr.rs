//! From the engine's settings of the summary to the page's; its mail is written by the server.

use super::{CopyView, WeeklyView};
use crate::{
    api::organizations::reports::{AddressView, Hindrance},
    context::{self, MailFrom, TestSummary},
    error::UiError,
};
use domain::{
    report::weekly::{range, week_before},
    time::Time,
    wall_clock::shown,
};
use engine::store::weekly::{self, Hindered, LastSent, MOST_ADDRESSES, Recipient};
use leptos::prelude::use_context;

pub(super) async fn view() -> Result<WeeklyView, UiError> {
    let (engine, actor) = context::actor()?;
    let held = weekly::settings(&engine.store, &actor, context::now(&engine)).await?;
    let recipient = |recipient: Recipient| AddressView {
        address: recipient.address,
        hindrance: recipient.hindered.map(|hindered| match hindered {
            Hindered::Unproved => Hindrance::Unverified,
            Hindered::Bounced(at, said) => Hindrance::Bounced(at, said),
            Hindered::Unsubscribed(at) => Hindrance::Unsubscribed(at),
        }),
    };
    let last = |last: LastSent| {
        let (first, end) = week_before(last.day);
        let copy = |row: engine::store::mails::MailRow| CopyView { id: row.id, recipient: row.recipient, state: row.state };
        (range(first, end), last.at, last.copies.into_iter().map(copy).collect())
    };
    let zone = held.time_zone.clone();
    let words = |at: Time| {
        let clock =
            shown(at, &zone).map(|clock| format!("{}, {:02}:{:02} ({})", clock.date, clock.hour, clock.minute, zone.replace('_', " ")));
        (at, clock.unwrap_or_else(|_| domain::text::utc(at)))
    };
    Ok(WeeklyView {
        enabled: held.enabled,
        recipients: held.recipients.into_iter().map(recipient).collect(),
        most: MOST_ADDRESSES,
        weekday: held.rhythm.weekday(),
        hour: held.rhythm.hour(),
        next: held.next_at.map(words),
        last: held.last.map(last),
        domains: held.domains,
        sender: use_context::<MailFrom>().unwrap_or_default().0,
        own_address: context::session().map(|session| session.email).unwrap_or_default(),
        changed: held.changed,
        time_zone: held.time_zone,
    })
}

pub(super) async fn test() -> Result<(), UiError> {
    let (engine, actor) = context::actor()?;
    let write =
        use_context::<TestSummary>().ok_or_else(|| UiError::new(500, "internal", "Something went wrong on our side. Try again."))?;
    let (subject, content) = (write.0)(actor.clone()).await?;
    weekly::send_test(&engine, &actor, &subject, content, (engine.clock)()).await?;
    Ok(())
}
