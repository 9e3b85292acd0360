//! Who follows a policy, and what it does to them: how many they are, service levels that it can't keep, bands that would change. Server side only.

use super::{Concerned, EffectView};
use crate::{api::settings::schedules, error::UiError};
use domain::{
    access::{Action, Actor},
    ids::{OrganizationId, PolicyId},
    policy::{DeviceClass, Policy},
    text,
    time::Time,
};
use engine::{
    Engine,
    error::Error,
    store::{
        policies::{self, PolicyUse},
        sla,
    },
};

/// Devices and SaaS connections, the latter where there are any.
pub(super) fn followers_in_words(uses: PolicyUse) -> String {
    let connections = match uses.connections {
        0 => return devices_in_words(uses),
        1 => "1 SaaS connection".to_owned(),
        n => format!("{} SaaS connections", text::count(n)),
    };
    if uses.devices == 0 { connections } else { format!("{} and {connections}", devices_in_words(uses)) }
}

fn devices_in_words(uses: PolicyUse) -> String {
    match uses.devices {
        0 => "no devices".to_owned(),
        1 => "1 device".to_owned(),
        n if uses.more => format!("more than {} devices", text::count(n)),
        n => format!("{} devices", text::count(n)),
    }
}

/// Service levels in force that a policy as it is given can't keep for the devices that follow it: in words, and whom they concern.
pub(super) async fn unkept(
    engine: &Engine,
    actor: &Actor,
    id: PolicyId,
    policy: &Policy,
    now: Time,
) -> Result<(Vec<String>, Concerned), UiError> {
    let Some(apart) = schedules::widest(policy, now) else { return Ok((Vec::new(), Concerned::default())) };
    let levels = policies::unkept(&engine.store, actor, id, apart, now).await?;
    let mut named: Vec<(OrganizationId, String)> = levels.iter().flat_map(|level| level.named.clone()).collect();
    named.sort_by_key(|(_, name)| name.to_lowercase());
    named.dedup();
    // Those of several levels may be the same: at least so many are left.
    let all = levels.iter().map(|level| level.organizations).max().unwrap_or(0);
    let more = all - i64::try_from(named.len()).unwrap_or(all);
    Ok((schedules::unkept_words(policy, &levels, now), Concerned { named, more: more.max(0) }))
}

/// The same for what is typed; for a policy that isn't there yet what the service level of the reader's own partner asks.
pub(super) async fn warned(
    engine: &Engine,
    actor: &Actor,
    id: &str,
    policy: &Policy,
    now: Time,
) -> Result<(Vec<String>, Concerned), UiError> {
    match id.parse::<PolicyId>() {
        Ok(id) => unkept(engine, actor, id, policy, now).await,
        Err(_) => {
            let hours = sla::usual(&engine.store, actor).await?.servers;
            Ok((schedules::unmet(policy, DeviceClass::Server, hours, now).into_iter().collect(), Concerned::default()))
        }
    }
}

/// What saving would change; none where nobody could save, or what is typed can't be saved.
pub(super) async fn effect(engine: &Engine, actor: &Actor, id: &str, policy: &Policy, now: Time) -> Result<Option<EffectView>, UiError> {
    let (Ok(id), true) = (id.parse::<PolicyId>(), actor.may(Action::ManageDevices)) else { return Ok(None) };
    let effect = match policies::effect(&engine.store, actor, id, policy, now).await {
        Ok(effect) => effect,
        Err(Error::Invalid { .. }) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let count = |n: usize| text::count(i64::try_from(n).unwrap_or(i64::MAX));
    let uses = policies::uses(&engine.store, actor).await?.get(&id).copied().unwrap_or_default();
    let get = |n: usize| if n == 1 { "gets" } else { "get" };
    let words = match (effect.worse, effect.better) {
        (0, 0) => "None of them changes its band now.".to_owned(),
        (worse, 0) => format!("{} {} a worse band at once.", count(worse), get(worse)),
        (0, better) => format!("{} {} a better band at once.", count(better), get(better)),
        (worse, better) => format!("{} {} a worse band at once, {} a better one.", count(worse), get(worse), count(better)),
    };
    let estimate = if effect.cut { format!(" An estimate: told from {} of them.", count(effect.assessed)) } else { String::new() };
    Ok(Some(EffectView {
        devices: followers_in_words(uses),
        words: words + &estimate,
        named: effect.named.into_iter().map(|c| (c.device, format!("{} ({})", c.name, c.organization), c.before, c.after)).collect(),
    }))
}
