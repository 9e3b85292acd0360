//! Typed windows read, and stored ones told. Server side only.

use super::{OccurrenceView, Standing, WindowInput, WindowLine, WindowPreview, WindowView, WindowsView};
use crate::error::UiError;
use domain::{
    access::{Action, Actor},
    ids::{DeviceId, MaintenanceId, OrganizationId, PartnerId},
    maintenance::{LocalDate, Occurs, Reach, calendar, words},
    text,
    time::Time,
    wall_clock,
};
use engine::{
    Engine,
    store::{
        devices,
        maintenance::{self, Concerned, NewWindow, WindowChange, WindowRow, WindowState},
        organizations, partners,
    },
};

/// Days as cron counts them.
const DAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/// Occurrences that a preview tells.
const TOLD: usize = 5;

pub(super) async fn list(engine: &Engine, actor: &Actor) -> Result<WindowsView, UiError> {
    let now = (engine.clock)();
    let rows = maintenance::list(&engine.store, actor, now).await?;
    let known = partners::list(&engine.store, actor).await?;
    let whose = |id: PartnerId| known.iter().find(|p| p.id == id).filter(|_| known.len() > 1).map(|p| p.name.clone()).unwrap_or_default();
    let own_zone = own_zone(engine, actor).await;
    let rows = rows.into_iter().map(|row| line(row, &whose, &own_zone)).collect();
    Ok(WindowsView { rows, may_manage: actor.may(Action::ManageDevices) })
}

fn line(row: WindowRow, whose: &impl Fn(PartnerId) -> String, own_zone: &str) -> WindowLine {
    let (reach, reach_href) = match &row.reach {
        Reach::Device(id) => (named(&row.reach_name, "a device that was removed"), Some(format!("/devices/{id}"))),
        Reach::Organization(id) => (named(&row.reach_name, "an organization"), Some(format!("/organizations/{id}"))),
        Reach::Partner => ("All your own organizations".to_owned(), None),
        Reach::Tag(tag) => (format!("Devices tagged {tag}"), None),
        Reach::All => ("Everything, with sub-resellers".to_owned(), None),
    };
    let zone = match &row.occurs {
        Occurs::Once { .. } => own_zone,
        Occurs::Recurring { zone, .. } => zone,
    };
    let next = match (row.next.first(), &row.occurs) {
        (Some((from, until)), _) => Some(occurrence(*from, *until, zone)),
        (None, Occurs::Once { from, until }) => Some(occurrence(*from, row.ended_at.map_or(*until, |at| at.clamp(*from, *until)), zone)),
        (None, Occurs::Recurring { .. }) => None,
    };
    let recurs = matches!(row.occurs, Occurs::Recurring { .. });
    WindowLine {
        id: row.id,
        name: row.name,
        note: row.note,
        partner: whose(row.partner),
        reach,
        reach_href,
        words: if recurs { row.words } else { String::new() },
        standing: standing(row.state),
        next,
        ended_at: row.ended_at,
        made_by: row.made_by,
        ended_by: row.ended_by,
        recurs,
    }
}

fn named(name: &str, otherwise: &str) -> String {
    if name.is_empty() { otherwise.to_owned() } else { name.to_owned() }
}

const fn standing(state: WindowState) -> Standing {
    match state {
        WindowState::InForce => Standing::InForce,
        WindowState::Coming => Standing::Coming,
        WindowState::Over => Standing::Over,
    }
}

fn occurrence(from: Time, until: Time, zone: &str) -> OccurrenceView {
    let told = |time| wall_clock::wall_clock(time, zone).unwrap_or_else(|_| text::utc(time));
    let (begins, ends) = (told(from), told(until));
    // The day is told once, and the zone, unless either changes.
    let (day, _) = begins.split_once(", ").unwrap_or((&begins, ""));
    let (last_day, last_clock) = ends.split_once(", ").unwrap_or((&ends, ""));
    let zone_of = |told: &str| told.rsplit_once(' ').map(|(_, zone)| zone.to_owned()).unwrap_or_default();
    let (first_zone, last_zone) = (zone_of(&begins), zone_of(&ends));
    let begins_short = if first_zone == last_zone { begins.trim_end_matches(&first_zone).trim_end().to_owned() } else { begins.clone() };
    let wall_clock = if day == last_day { format!("{begins_short}–{last_clock}") } else { format!("{begins_short} – {ends}") };
    let note = (first_zone != last_zone).then(|| {
        let length = text::span(until - from);
        format!("The clocks change meanwhile: it lasts {length} all the same.")
    });
    OccurrenceView { from, until, wall_clock, note }
}

async fn own_zone(engine: &Engine, actor: &Actor) -> String {
    match actor.scope.partner() {
        Some(partner) => partners::get(&engine.store, actor, partner).await.map_or_else(|_| "UTC".to_owned(), |p| p.time_zone),
        None => "UTC".to_owned(),
    }
}

pub(super) async fn load(
    engine: &Engine,
    actor: &Actor,
    id: Option<MaintenanceId>,
    filled: Option<WindowInput>,
) -> Result<WindowView, UiError> {
    let now = (engine.clock)();
    let store = &engine.store;
    let own_zone = own_zone(engine, actor).await;
    let stored = match id {
        Some(id) => Some(maintenance::get(store, actor, id, now).await?),
        None => None,
    };
    let mut form = usual(&own_zone, now);
    if let Some(row) = &stored {
        told(&mut form, row, &own_zone);
    }
    if let Some(filled) = filled {
        fill(&mut form, filled);
    }
    let device_name = match form.device.parse::<DeviceId>() {
        Ok(device) => Some(devices::loaded(store, actor, device).await?.name),
        Err(_) => None,
    };
    let mut organizations: Vec<(String, String)> =
        organizations::names(store, actor).await?.into_iter().map(|(id, name)| (id.to_string(), name)).collect();
    // One of very many, that the list doesn't reach.
    if let Ok(id) = form.organization.parse::<OrganizationId>()
        && organizations.iter().all(|(known, _)| *known != form.organization)
        && let Ok(row) = organizations::get(store, actor, id).await
    {
        organizations.push((form.organization.clone(), row.name));
    }
    let mut zones: Vec<String> = wall_clock::zone_names().into_iter().map(str::to_owned).collect();
    if !zones.contains(&form.time_zone) {
        zones.insert(0, form.time_zone.clone());
    }
    Ok(WindowView {
        preview: preview(engine, actor, &form).await?,
        has_below: partners::list(store, actor).await?.len() > 1,
        standing: stored.as_ref().map(|row| standing(row.state)),
        may_manage: actor.may(Action::ManageDevices),
        device_name,
        organizations,
        zones,
        form,
    })
}

/// A window as most are planned: tonight, or on Sundays.
fn usual(zone: &str, now: Time) -> WindowInput {
    let tonight = wall_clock::typed(now, zone).unwrap_or_default();
    let day = tonight.split('T').next().unwrap_or_default();
    let tomorrow = wall_clock::typed(now + domain::time::Span::DAY, zone).unwrap_or_default();
    let next_day = tomorrow.split('T').next().unwrap_or_default();
    let text = |words: &str| words.to_owned();
    WindowInput {
        reach: text("organization"),
        kind: text("once"),
        from: format!("{day}T22:00"),
        until: format!("{next_day}T02:00"),
        clock: text("02:00"),
        days: vec![text("sun")],
        month_day: text("1"),
        lasts: text("4"),
        unit: text("hours"),
        time_zone: text(zone),
        ..WindowInput::default()
    }
}

/// The form of a stored window.
fn told(form: &mut WindowInput, row: &WindowRow, own_zone: &str) {
    (form.id, form.name, form.note) = (row.id.to_string(), row.name.clone(), row.note.clone());
    match &row.reach {
        Reach::Device(id) => (form.reach, form.device) = ("device".to_owned(), id.to_string()),
        Reach::Organization(id) => (form.reach, form.organization) = ("organization".to_owned(), id.to_string()),
        Reach::Partner => form.reach = "partner".to_owned(),
        Reach::Tag(tag) => (form.reach, form.tag) = ("tag".to_owned(), tag.clone()),
        Reach::All => form.reach = "all".to_owned(),
    }
    match &row.occurs {
        Occurs::Once { from, until } => {
            form.kind = "once".to_owned();
            form.from = wall_clock::typed(*from, own_zone).unwrap_or_default();
            form.until = wall_clock::typed(*until, own_zone).unwrap_or_default();
        }
        Occurs::Recurring { cron, zone, minutes, except } => {
            form.time_zone.clone_from(zone);
            (form.lasts, form.unit) = match minutes {
                m if m % 60 == 0 => ((m / 60).to_string(), "hours".to_owned()),
                m => (m.to_string(), "minutes".to_owned()),
            };
            form.except = except.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            form.cron.clone_from(cron);
            sentence(form, cron);
        }
    }
}

/// A cron line as one of the form's sentences, if it is one.
fn sentence(form: &mut WindowInput, cron: &str) {
    form.kind = "cron".to_owned();
    let fields: Vec<&str> = cron.split_whitespace().collect();
    let [minute, hour, day, "*", weekday] = fields[..] else { return };
    let (Ok(minute), Ok(hour)) = (minute.parse::<u32>(), hour.parse::<u32>()) else { return };
    let named = |word: &str| {
        let lower = word.to_ascii_lowercase();
        lower.parse::<usize>().ok().and_then(|n| DAYS.get(n % 7).copied()).or_else(|| DAYS.into_iter().find(|day| *day == lower))
    };
    match (day, weekday) {
        ("*", "*") => form.kind = "daily".to_owned(),
        ("*", days) => {
            let Some(days) = days.split(',').map(named).collect::<Option<Vec<_>>>() else { return };
            form.days = days.into_iter().map(str::to_owned).collect();
            form.kind = "weekly".to_owned();
        }
        ("L", "*") => (form.kind, form.month_day) = ("monthly".to_owned(), "last".to_owned()),
        (day, "*") if day.parse::<u32>().is_ok() => (form.kind, form.month_day) = ("monthly".to_owned(), day.to_owned()),
        _ => return,
    }
    form.clock = format!("{hour:02}:{minute:02}");
}

/// What the address says, where it says something.
fn fill(form: &mut WindowInput, filled: WindowInput) {
    let fields = [
        (&mut form.name, filled.name),
        (&mut form.note, filled.note),
        (&mut form.reach, filled.reach),
        (&mut form.organization, filled.organization),
        (&mut form.device, filled.device),
        (&mut form.tag, filled.tag),
        (&mut form.kind, filled.kind),
        (&mut form.from, filled.from),
        (&mut form.until, filled.until),
        (&mut form.clock, filled.clock),
        (&mut form.month_day, filled.month_day),
        (&mut form.cron, filled.cron),
        (&mut form.lasts, filled.lasts),
        (&mut form.unit, filled.unit),
        (&mut form.except, filled.except),
        (&mut form.time_zone, filled.time_zone),
    ];
    for (field, said) in fields {
        if !said.is_empty() {
            *field = said;
        }
    }
    if !filled.days.is_empty() {
        form.days = filled.days;
    }
}

fn occurs(form: &WindowInput) -> Result<Occurs, UiError> {
    let wrong = |field: &'static str, why: &str| UiError::field("invalid_window", field, why);
    let at = |field: &'static str, text: &str| {
        wall_clock::instant(text, &form.time_zone).map_err(|e| wrong(field, &format!("{}.", capital(&e.0))))
    };
    if form.kind == "once" {
        let (from, until) = (at("from", &form.from)?, at("until", &form.until)?);
        if until <= from {
            return Err(wrong("until", "The end is not after the beginning. Choose a later end."));
        }
        return Ok(Occurs::Once { from, until });
    }
    let clock = || {
        let (hour, minute) = form.clock.split_once(':').ok_or(())?;
        let (hour, minute): (u32, u32) = (hour.parse().map_err(|_| ())?, minute.get(..2).unwrap_or(minute).parse().map_err(|_| ())?);
        if hour < 24 && minute < 60 { Ok((hour, minute)) } else { Err(()) }
    };
    let clock = || clock().map_err(|()| wrong("clock", "Write when it begins, for example 02:00."));
    let cron = match form.kind.as_str() {
        "daily" => {
            let (hour, minute) = clock()?;
            format!("{minute} {hour} * * *")
        }
        "weekly" => {
            let (hour, minute) = clock()?;
            let days: Vec<String> = (0..7).filter(|n| form.days.iter().any(|day| day == DAYS[*n])).map(|n| n.to_string()).collect();
            if days.is_empty() {
                return Err(wrong("days", "Choose at least one day."));
            }
            format!("{minute} {hour} * * {}", days.join(","))
        }
        "monthly" => {
            let (hour, minute) = clock()?;
            let day = if form.month_day == "last" { "L" } else { form.month_day.as_str() };
            format!("{minute} {hour} {day} * *")
        }
        "cron" => form.cron.trim().to_owned(),
        _ => return Err(wrong("kind", "Choose whether it happens once or comes again.")),
    };
    let lasts: u32 = form.lasts.trim().parse().map_err(|_| wrong("lasts", "Write how long it lasts as a whole number."))?;
    let minutes = if form.unit == "minutes" { lasts } else { lasts.saturating_mul(60) };
    let except = form.except.split([',', ';', ' ', '\n']).map(str::trim).filter(|date| !date.is_empty());
    let mut except: Vec<LocalDate> = except
        .map(str::parse)
        .collect::<Result<_, _>>()
        .map_err(|e: domain::maintenance::NotADate| wrong("except", &format!("{}.", capital(&e.to_string()))))?;
    except.sort_unstable();
    except.dedup();
    Ok(Occurs::Recurring { cron, zone: form.time_zone.clone(), minutes, except })
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| format!("{}{}", first.to_uppercase(), letters.as_str()))
}

async fn reach(engine: &Engine, actor: &Actor, form: &WindowInput) -> Result<Reach, UiError> {
    Ok(match form.reach.as_str() {
        "partner" => Reach::Partner,
        "all" => Reach::All,
        "tag" => {
            if form.tag.trim().is_empty() {
                return Err(UiError::field("empty_tag", "tag", "Write the tag of the devices that are meant."));
            }
            Reach::Tag(form.tag.trim().to_owned())
        }
        "organization" => {
            let id = form.organization.parse::<OrganizationId>();
            Reach::Organization(id.map_err(|_| UiError::field("organization_needed", "organization", "Choose the organization."))?)
        }
        "device" => Reach::Device(device(engine, actor, form.device.trim()).await?),
        _ => return Err(UiError::field("reach_needed", "reach", "Choose whom it concerns.")),
    })
}

/// The device that somebody means by its id or its name.
async fn device(engine: &Engine, actor: &Actor, said: &str) -> Result<DeviceId, UiError> {
    if let Ok(id) = said.parse::<DeviceId>() {
        return Ok(id);
    }
    if said.is_empty() {
        return Err(UiError::field("device_needed", "device", "Write the device's name."));
    }
    let filter = devices::DeviceFilter { search: Some(said.to_owned()), limit: Some(200), ..Default::default() };
    let found = devices::list(&engine.store, actor, &filter, (engine.clock)()).await?.items;
    let mut same = found.iter().filter(|device| device.name.eq_ignore_ascii_case(said));
    match (same.next(), same.next()) {
        (Some(one), None) => Ok(one.id),
        (None, _) => Err(UiError::field("unknown_device", "device", format!("No device is named “{said}”."))),
        (Some(_), Some(_)) => Err(UiError::field(
            "ambiguous_device",
            "device",
            format!("Several devices are named “{said}”. Plan the maintenance from the page of the one you mean."),
        )),
    }
}

pub(super) async fn preview(engine: &Engine, actor: &Actor, form: &WindowInput) -> Result<WindowPreview, UiError> {
    let now = (engine.clock)();
    match looked(engine, actor, form, now).await {
        Ok(preview) => Ok(preview),
        Err(error) if error.status == 422 => {
            // What can't be used is the answer here, not a refusal.
            if let Some(response) = leptos::prelude::use_context::<leptos_axum::ResponseOptions>() {
                response.set_status(http::StatusCode::OK);
            }
            Ok(WindowPreview { problem: Some((error.message, error.field)), ..WindowPreview::default() })
        }
        Err(error) => Err(error),
    }
}

async fn looked(engine: &Engine, actor: &Actor, form: &WindowInput, now: Time) -> Result<WindowPreview, UiError> {
    // Whoever may not see them is not told what is wrong with the rest.
    let reach = reach(engine, actor, form).await?;
    let concerned = maintenance::concerned(&engine.store, actor, None, &reach).await?;
    let occurs = occurs(form)?;
    let wrong = |e: domain::zones::ScheduleError| UiError::field("invalid_window", "occurs", format!("{}.", capital(&e.0)));
    calendar::validate(&occurs).map_err(wrong)?;
    let next = calendar::next(&occurs, now, TOLD).map_err(wrong)?;
    if next.is_empty() {
        return Err(UiError::field("window_over", "occurs", "This window would be over already. Choose a time that lies ahead."));
    }
    let words = match &occurs {
        Occurs::Once { from, until } => format!("Once, for {}", text::span(*until - *from)),
        Occurs::Recurring { .. } => words(&occurs),
    };
    Ok(WindowPreview {
        words,
        next: next.into_iter().map(|(from, until)| occurrence(from, until, &form.time_zone)).collect(),
        concerned: concerned_words(concerned),
        problem: None,
    })
}

fn concerned_words(concerned: Concerned) -> String {
    let many = |n: i64, one: &str, more: &str| format!("{} {}", text::count(n), if n == 1 { one } else { more });
    let devices = many(concerned.devices, "device", "devices");
    match concerned.accounts {
        0 => devices,
        accounts => format!("{devices} and {}", many(accounts, "account", "accounts")),
    }
}

pub(super) async fn save(engine: &Engine, actor: &Actor, form: WindowInput) -> Result<(), UiError> {
    let now = (engine.clock)();
    let occurs = occurs(&form)?;
    let reach = reach(engine, actor, &form).await?;
    if form.id.is_empty() {
        let new = NewWindow { partner: None, name: form.name, note: form.note, reach, occurs };
        maintenance::create(engine, actor, new, now).await?;
    } else {
        let id = form.id.parse::<MaintenanceId>().map_err(|_| UiError::not_found("maintenance window"))?;
        let change = WindowChange { name: Some(form.name), note: Some(form.note), reach: Some(reach), occurs: Some(occurs) };
        maintenance::change(engine, actor, id, change, now).await?;
    }
    Ok(())
}
