//! `holdfast owner create`.

use super::Fault;
use crate::{config::Config, serve};
use engine::store::people;
use std::{io::BufRead, process::ExitCode};

/// Makes a partner and its owner; the password comes from standard input.
pub async fn create(config: Config, email: String, partner: String, time_zone: String) -> Result<ExitCode, Fault> {
    let mut password = String::new();
    std::io::stdin().lock().read_line(&mut password).map_err(|error| format!("the password can't be read: {error}"))?;
    let password = password.trim_end_matches(['\r', '\n']).to_owned();
    let folder = serve::prepare_folder(&config.database);
    folder.map_err(|error| error.to_string())?;
    let store = serve::open(&config.database).await.map_err(|error| error.to_string())?;
    let now = serve::wall_clock()();
    let (user, made) =
        people::create_owner(&store, &email, password, &partner, &time_zone, now).await.map_err(|error| error.public_message())?;
    println!("partner {made}, owner {user}");
    Ok(ExitCode::SUCCESS)
}
