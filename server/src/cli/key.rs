//! `holdfast key create`.

use super::Fault;
use crate::{config::Config, http::rest::keys::rights, serve};
use domain::access::{Actor, Scope};
use engine::store::{
    keys::{self, KeyScope, NewKey},
    partners,
};
use std::process::ExitCode;

/// Makes a key and prints it.
pub async fn create(config: Config, scope: String, can: String, partner: Option<String>, name: String) -> Result<ExitCode, Fault> {
    let rights = rights(can.split(',')).map_err(|why| format!("--can: {why}"))?;
    serve::prepare_folder(&config.database).map_err(|error| error.to_string())?;
    let store = serve::open(&config.database).await.map_err(|error| error.to_string())?;
    let everything = partners::everything(&store).await.map_err(|error| error.public_message())?;
    let wrong = |what: &str| format!("--scope: \"{scope}\" names no {what}");
    let scope = match (scope.as_str(), scope.split_once(':')) {
        ("partner", _) => match partner {
            Some(id) => KeyScope::Partner(id.parse().map_err(|_| format!("--partner: \"{id}\" is no id"))?),
            None => KeyScope::Partner(first(&everything).ok_or("there is no partner yet: run `holdfast owner create` first")?),
        },
        (_, Some(("organization", id))) => KeyScope::Organization(id.parse().map_err(|_| wrong("organization"))?),
        (_, Some(("device", id))) => KeyScope::Device(id.parse().map_err(|_| wrong("device"))?),
        _ => return Err(format!("--scope: \"{scope}\" is not usable, wanted is partner, organization:ID or device:ID")),
    };
    let new = NewKey { scope, name, rights, expires_at: None };
    let (_, key) =
        keys::create(&store, &Actor::system(everything), new, serve::wall_clock()()).await.map_err(|error| error.public_message())?;
    println!("{key}");
    Ok(ExitCode::SUCCESS)
}

/// The first partner that was made.
fn first(everything: &Scope) -> Option<domain::ids::PartnerId> {
    everything.partner()
}
