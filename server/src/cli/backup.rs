//! `holdfast backup` and `restore`: whole copies of the database. SQLite by itself; PostgreSQL by its own tools.

use super::Fault;
use crate::{config::Config, serve};
use engine::store::StoreUrl;
use sea_orm::{ConnectionTrait, Database, DatabaseConnection, Statement};
use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};
use tokio::process::Command;

/// Writes a copy to `file`.
pub async fn backup(config: Config, file: PathBuf) -> Result<ExitCode, Fault> {
    if file.exists() {
        return Err(format!("{} exists already: name another file", file.display()));
    }
    match &config.database {
        StoreUrl::Sqlite(path) => {
            if !path.exists() {
                return Err(format!("there is no database at {}", path.display()));
            }
            let connection = connect(path, "rw").await?;
            let name = file.to_str().ok_or("the file's name is not UTF-8")?.replace('\'', "''");
            connection.execute_unprepared(&format!("VACUUM INTO '{name}'")).await.map_err(|error| one_line(&error))?;
            // On disk before anybody relies on it.
            fs::File::open(&file).and_then(|copy| copy.sync_all()).map_err(|error| format!("{}: {error}", file.display()))?;
            let runs = verify(&file).await?;
            println!("{} holds {runs} runs.", file.display());
        }
        StoreUrl::Postgres(url) => {
            run("pg_dump", &["--format=custom", "--no-owner", "--file", &file.to_string_lossy()], url).await?;
            println!("{} written by pg_dump.", file.display());
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Checks a copy and puts it in place.
pub async fn restore(config: Config, file: PathBuf, replace: bool) -> Result<ExitCode, Fault> {
    if !file.exists() {
        return Err(format!("there is no file {}", file.display()));
    }
    match &config.database {
        StoreUrl::Sqlite(path) => {
            let _hold = serve::hold(&config.database).map_err(|error| error.to_string())?;
            if path.exists() && !replace {
                return Err(format!("{} exists: add --replace to put the copy in its place (it is kept beside it)", path.display()));
            }
            let runs = verify(&file).await?;
            let fresh = beside(path, "restoring");
            fs::copy(&file, &fresh)
                .and_then(|_| fs::File::open(&fresh)?.sync_all())
                .map_err(|error| format!("{}: {error}", fresh.display()))?;
            if path.exists() {
                // Its last transactions may still be in the write-ahead log: they go with it.
                for end in ["", "-wal", "-shm"] {
                    let from = with_end(path, end);
                    if from.exists() {
                        fs::rename(&from, with_end(&beside(path, "before-restore"), end))
                            .map_err(|error| format!("{}: {error}", from.display()))?;
                    }
                }
            }
            fs::rename(&fresh, path).map_err(|error| format!("{}: {error}", path.display()))?;
            serve::open(&config.database).await.map_err(|error| error.to_string())?;
            println!("Restored: {} holds {runs} runs.", path.display());
        }
        StoreUrl::Postgres(url) => {
            let mut arguments = vec!["--no-owner", "--single-transaction", "--exit-on-error"];
            if replace {
                arguments.extend(["--clean", "--if-exists"]);
            }
            let name = file.to_string_lossy().into_owned();
            arguments.push(&name);
            run("pg_restore", &arguments, url).await?;
            println!("Restored by pg_restore.");
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn connect(path: &Path, mode: &str) -> Result<DatabaseConnection, Fault> {
    let mut options = sea_orm::ConnectOptions::new(format!("sqlite://{}?mode={mode}", path.display()));
    options.max_connections(1).sqlx_logging(false);
    Database::connect(options).await.map_err(|error| one_line(&error))
}

/// A copy is whole and ours; how many runs it holds.
async fn verify(file: &Path) -> Result<i64, Fault> {
    let connection = connect(file, "ro").await.map_err(|_| format!("{} is no SQLite database", file.display()))?;
    let backend = connection.get_database_backend();
    let ask = |sql: &'static str| connection.query_one_raw(Statement::from_string(backend, sql));
    let whole = ask("PRAGMA integrity_check").await.map_err(|_| format!("{} is no SQLite database", file.display()))?;
    let verdict: String = whole.and_then(|row| row.try_get_by_index(0).ok()).unwrap_or_default();
    if verdict != "ok" {
        return Err(format!("{} is damaged: {verdict}", file.display()));
    }
    let runs = ask("SELECT COUNT(*) FROM runs").await.map_err(|_| format!("{} is no database of Holdfast", file.display()))?;
    let _ = connection.close_by_ref().await;
    Ok(runs.and_then(|row| row.try_get_by_index(0).ok()).unwrap_or_default())
}

fn with_end(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}

fn beside(path: &Path, what: &str) -> PathBuf {
    with_end(path, &format!(".{what}"))
}

fn one_line(error: &sea_orm::DbErr) -> Fault {
    error.to_string().replace('\n', " ")
}

/// Runs a tool of PostgreSQL; the password goes by the environment, where no list of processes shows it.
async fn run(tool: &str, arguments: &[&str], url: &str) -> Result<(), Fault> {
    let (address, password) = without_password(url);
    let mut command = Command::new(tool);
    command.args(arguments).args(["--dbname", &address]);
    if let Some(password) = password {
        command.env("PGPASSWORD", password);
    }
    match command.status().await {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{tool} ended with {status}")),
        Err(_) => Err(format!("{tool} is needed for a PostgreSQL database and was not found: install PostgreSQL's client tools")),
    }
}

/// An address without its password, and the password.
fn without_password(url: &str) -> (String, Option<String>) {
    let Some((scheme, rest)) = url.split_once("://") else { return (url.to_owned(), None) };
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let Some((user, password)) = authority.rsplit_once('@').and_then(|(login, _)| login.split_once(':')) else {
        return (url.to_owned(), None);
    };
    let address = format!("{scheme}://{user}{}", &rest[user.len() + 1 + password.len()..]);
    (address, Some(percent_decoded(password)))
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let code = (*first == b'%').then(|| text.get(text.len() - tail.len()..text.len() - tail.len() + 2)).flatten();
        match code.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            None => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_taken_out_of_the_address() {
        assert_eq!(without_password("postgres://me:p%40ss@db:5432/hf"), ("postgres://me@db:5432/hf".to_owned(), Some("p@ss".to_owned())));
        assert_eq!(without_password("postgres://me@db/hf"), ("postgres://me@db/hf".to_owned(), None));
        assert_eq!(without_password("postgres:///hf?host=/run"), ("postgres:///hf?host=/run".to_owned(), None));
    }
}
