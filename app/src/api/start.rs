//! First start, signing in and out, adding a device and connecting it: what these pages show and send.
//!
//! `set_up`, `sign_in`, `sign_out` and the views before them are open to everybody; all else names its actor. Forms work without
//! scripts: then the answer is a redirect. A fresh key travels in a cookie that the next page reads and clears: it is shown once.

use crate::error::UiError;
use domain::{
    ids::{DeviceId, OrganizationId},
    live::DeviceNow,
    policy::DeviceClass,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
pub(in crate::api) mod choices;
#[cfg(feature = "ssr")]
mod session;
#[cfg(feature = "ssr")]
pub(in crate::api) use session::go_on;

/// Fewest characters of a password.
pub const SHORTEST_PASSWORD: usize = 12;

/// The first page of all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetupView {
    /// False once there is a user.
    pub needed: bool,
    /// The server printed a code and wants it back.
    pub asks_code: bool,
    /// Zones to choose from.
    pub zones: Vec<String>,
}

/// Before signing in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignInView {
    /// There is nobody yet: the first start comes first.
    pub setup_needed: bool,
    /// Somebody is signed in already.
    pub signed_in: bool,
}

/// Where to go next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GoOn {
    /// A path of ours.
    pub to: String,
}

/// Something to choose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// What the form sends.
    pub value: String,
    /// What a person reads.
    pub label: String,
    /// Chosen unless somebody chooses otherwise.
    pub chosen: bool,
    /// What to know before choosing it for a server.
    pub server_note: Option<String>,
}

/// The page on which a device is added.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddDeviceView {
    /// Organizations to choose from, by name; the asked one is marked.
    pub organizations: Vec<Choice>,
    /// Policies there are, then usual schedules for which one would be made.
    pub policies: Vec<Choice>,
    /// The actor may add devices.
    pub may: bool,
}

/// The page that connects a device.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ConnectView {
    /// Which device.
    pub device: DeviceId,
    /// Its name.
    pub name: String,
    /// Its organization.
    pub organization: OrganizationId,
    /// Its organization's name.
    pub organization_name: String,
    /// Workstation or server.
    pub class: DeviceClass,
    /// Its schedule in words.
    pub schedule: String,
    /// Address of the portal, without a slash at the end.
    pub url: String,
    /// For pings; only for those who may connect devices.
    pub ping_uuid: Option<String>,
    /// The fresh key, shown this once.
    pub key: Option<String>,
    /// The actor may make another key.
    pub may_make_key: bool,
    /// Its state at the time of the page.
    pub now: DeviceNow,
}

/// The owner and the partner, as typed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetUpInput {
    /// The owner's name.
    pub name: String,
    /// The owner's address.
    pub email: String,
    /// The password.
    pub password: String,
    /// The password again.
    pub again: String,
    /// The partner's name.
    pub partner: String,
    /// The partner's zone.
    pub time_zone: String,
    /// The code the server printed.
    #[serde(default)]
    pub code: String,
}

/// A device, as typed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceInput {
    /// Its organization's id.
    pub organization: String,
    /// Its name.
    pub name: String,
    /// `workstation` or `server`.
    pub class: String,
    /// A value of [`AddDeviceView::policies`].
    pub policy: String,
    /// Part of the first start.
    #[serde(default)]
    pub first: bool,
}

/// A path within the portal, or the home page: nobody is sent elsewhere by a crafted link.
pub fn local_path(next: &str) -> &str {
    let fits = next.starts_with('/')
        && !next.starts_with("//")
        && !next.starts_with("/sf/")
        && !next.starts_with("/sign-in")
        && !next.contains('\\')
        && !next.chars().any(char::is_control);
    if fits { next } else { "/" }
}

/// What the first start asks. Open to everybody.
///
/// # Errors
/// The store fails.
#[server(prefix = "/sf", endpoint = "start/setup", output = crate::wire::Wire)]
pub async fn load_setup() -> Result<SetupView, UiError> {
    let engine = crate::context::engine()?;
    let needed = engine::store::people::first_start_needed(&engine.store).await?;
    Ok(SetupView {
        needed,
        asks_code: needed && use_context::<crate::context::SetupCode>().is_some_and(|c| c.0.is_some()),
        zones: if needed { domain::wall_clock::zone_names().into_iter().map(str::to_owned).collect() } else { Vec::new() },
    })
}

/// Makes the owner and the partner and signs the owner in. Open to everybody, but only while there is nobody.
///
/// # Errors
/// At a field: what is wrong with it. `already_started` once there is somebody.
#[server(prefix = "/sf", endpoint = "start/set_up", output = crate::wire::Wire)]
pub async fn set_up(
    /// As typed.
    form: SetUpInput,
) -> Result<GoOn, UiError> {
    use engine::store::people::{self, FirstOwner};
    let engine = crate::context::engine()?;
    let now = (engine.clock)();
    if let Some(code) = use_context::<crate::context::SetupCode>().and_then(|c| c.0)
        && !session::same(code.trim(), form.code.trim())
    {
        return Err(UiError::field("wrong_code", "code", "That is not the code. It stands in the server's output, at its start."));
    }
    if form.name.trim().is_empty() {
        return Err(UiError::field("empty_name", "name", "Tell your name."));
    }
    if form.partner.trim().is_empty() {
        return Err(UiError::field("empty_name", "partner", "Name your company."));
    }
    if form.password != form.again {
        return Err(UiError::field("passwords_differ", "again", "The two passwords are not the same. Type the same one twice."));
    }
    let owner = FirstOwner {
        email: form.email.clone(),
        name: form.name,
        password: form.password.clone(),
        partner: form.partner,
        time_zone: form.time_zone,
    };
    people::first_start(&engine.store, owner, now).await?;
    session::begin(&engine, &form.email, &form.password, now).await?;
    Ok(go_on("/setup/organization"))
}

/// Whether there is anything to sign in to. Open to everybody.
///
/// # Errors
/// The store fails.
#[server(prefix = "/sf", endpoint = "start/sign_in_view", output = crate::wire::Wire)]
pub async fn load_sign_in() -> Result<SignInView, UiError> {
    let engine = crate::context::engine()?;
    Ok(SignInView {
        setup_needed: engine::store::people::first_start_needed(&engine.store).await?,
        signed_in: crate::context::session().is_some(),
    })
}

/// Signs in. Open to everybody.
///
/// # Errors
/// `wrong_credentials` for every mismatch; `locked` with the time.
#[server(prefix = "/sf", endpoint = "start/sign_in", output = crate::wire::Wire)]
pub async fn sign_in(
    /// The address.
    email: String,
    /// The password.
    password: String,
    /// Where to go afterwards.
    #[server(default)]
    next: String,
) -> Result<GoOn, UiError> {
    let engine = crate::context::engine()?;
    let now = (engine.clock)();
    session::begin(&engine, &email, &password, now).await?;
    Ok(go_on(local_path(&next)))
}

/// Signs out. Open to everybody: without a session it changes nothing.
///
/// # Errors
/// The store fails.
#[server(prefix = "/sf", endpoint = "sign_out", output = crate::wire::Wire)]
pub async fn sign_out() -> Result<GoOn, UiError> {
    let engine = crate::context::engine()?;
    session::end(&engine, (engine.clock)()).await?;
    Ok(go_on("/sign-in"))
}

/// What can be chosen for a new device.
///
/// # Errors
/// The store fails.
#[server(prefix = "/sf", endpoint = "start/add_device_view", output = crate::wire::Wire)]
pub async fn load_add_device(
    /// The organization that is marked.
    organization: Option<String>,
) -> Result<AddDeviceView, UiError> {
    let (engine, actor) = crate::context::actor()?;
    choices::view(&engine, &actor, organization).await
}

/// Adds a device, makes its key and goes on to the page that connects it.
///
/// # Errors
/// At a field: what is wrong with it.
#[server(prefix = "/sf", endpoint = "start/add_device", output = crate::wire::Wire)]
pub async fn add_device(
    /// As typed.
    form: DeviceInput,
) -> Result<GoOn, UiError> {
    use engine::store::devices::{self, NewDevice};
    let (engine, actor) = crate::context::actor()?;
    let now = (engine.clock)();
    let organization = form
        .organization
        .parse::<OrganizationId>()
        .map_err(|_| UiError::field("organization_needed", "organization", "Choose the organization the device belongs to."))?;
    let class = form
        .class
        .parse::<DeviceClass>()
        .map_err(|_| UiError::field("class_needed", "class", "Choose whether it is a workstation or a server."))?;
    if form.name.trim().is_empty() {
        return Err(UiError::field("empty_name", "name", "Give the device a name."));
    }
    let policy = choices::policy(&engine, &actor, organization, &form.policy, now).await?;
    let new = NewDevice { organization, name: form.name, class, policy, quota_bytes: None, tags: Vec::new() };
    let made = devices::create_with_key(&engine, &actor, new, now).await.map_err(crate::api::organizations::at_name)?;
    let device = made.device;
    if let Some((_, key)) = made.key {
        session::show_once(device, &key);
    }
    let first = if form.first { "?first=1" } else { "" };
    Ok(go_on(&format!("/devices/{device}/connect{first}")))
}

/// How to connect a device; shows its fresh key this once.
///
/// # Errors
/// `not_found`, `forbidden`; the store fails.
#[server(prefix = "/sf", endpoint = "start/connect", output = crate::wire::Wire)]
pub async fn load_connect(
    /// Which device.
    device: DeviceId,
) -> Result<ConnectView, UiError> {
    let (engine, actor) = crate::context::actor()?;
    choices::connect(&engine, &actor, device).await
}

/// Makes another ingest key for a device; the page shows it once.
///
/// # Errors
/// `not_found`, `forbidden`.
#[server(prefix = "/sf", endpoint = "start/device_key", output = crate::wire::Wire)]
pub async fn make_device_key(
    /// Which device.
    device: DeviceId,
) -> Result<(), UiError> {
    let (engine, actor) = crate::context::actor()?;
    let key = choices::ingest_key(&engine, &actor, device, (engine.clock)()).await?;
    session::show_once(device, &key);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::local_path;

    #[test]
    fn only_paths_of_ours_are_followed() {
        assert_eq!(local_path("/backups/devices?band=critical"), "/backups/devices?band=critical");
        for elsewhere in [
            "",
            "//evil.example",
            "https://evil.example",
            "/\\evil.example",
            "javascript:alert(1)",
            "/a\nb",
            "/sign-in?next=/",
            "/sf/sign_out",
        ] {
            assert_eq!(local_path(elsewhere), "/");
        }
    }
}
