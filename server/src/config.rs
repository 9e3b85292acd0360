//! Settings: flags, then the environment, then a TOML file, then defaults.
//!
//! Every setting is read as text and checked in one place, so that a wrong one stops the start with one line that names it.

mod mail;
mod saas;

pub use mail::{Mail, MailFlags, SmtpServer, Tls};
pub use saas::{Saas, SaasFlags, ServiceSettings};

use crate::http::limits::Rates;
use clap::Args;
use domain::report::Month;
use engine::store::{StoreUrl, reports};
use serde::Deserialize;
use std::{
    fmt,
    net::SocketAddr,
    num::NonZeroU32,
    path::{Path, PathBuf},
};

/// A setting that can't be used; one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrongSetting(String);

impl WrongSetting {
    /// Says what is wrong, and what to do.
    pub(crate) fn new(line: impl Into<String>) -> Self {
        Self(line.into())
    }
}

impl fmt::Display for WrongSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for WrongSetting {}

/// Settings as flags or in the environment; `None` where they were not given.
#[derive(Args, Clone, Debug, Default)]
pub struct Flags {
    /// TOML file with settings (the same names, `-` written as `_`).
    #[arg(long, env = "HOLDFAST_CONFIG", global = true)]
    pub config: Option<PathBuf>,
    /// `sqlite:PATH` or `postgres://…`; default: holdfast.db in the data folder.
    #[arg(long, env = "HOLDFAST_DATABASE", global = true, hide_env_values = true)]
    pub database: Option<String>,
    /// Folder for the database file; default ./data.
    #[arg(long, env = "HOLDFAST_DATA", global = true)]
    pub data: Option<String>,
    /// Address to listen on; default 127.0.0.1:3000.
    #[arg(long, env = "HOLDFAST_LISTEN", global = true)]
    pub listen: Option<String>,
    /// Address people use, for example https://backup.example.com; default: http:// and the listen address.
    #[arg(long, env = "HOLDFAST_PUBLIC_URL", global = true)]
    pub public_url: Option<String>,
    /// Own address for /metrics, without a key; default: /metrics on the main address, with a key that may read.
    #[arg(long, env = "HOLDFAST_METRICS_LISTEN", global = true)]
    pub metrics_listen: Option<String>,
    /// What to log, for example info or server=debug; default info.
    #[arg(long, env = "HOLDFAST_LOG", global = true)]
    pub log: Option<String>,
    /// text or json; default text.
    #[arg(long, env = "HOLDFAST_LOG_FORMAT", global = true)]
    pub log_format: Option<String>,
    /// Requests a second and key; default 1000.
    #[arg(long, env = "HOLDFAST_KEY_RATE", global = true)]
    pub key_rate: Option<String>,
    /// Requests a key may send at once before the rate holds; default 20000.
    #[arg(long, env = "HOLDFAST_KEY_BURST", global = true)]
    pub key_burst: Option<String>,
    /// Sign-ins a minute and address, also requests with an unknown key; default 10.
    #[arg(long, env = "HOLDFAST_SIGN_IN_RATE", global = true)]
    pub sign_in_rate: Option<String>,
    /// true: believe the last X-Forwarded-For, for a server behind one proxy; default false.
    #[arg(long, env = "HOLDFAST_BEHIND_PROXY", global = true)]
    pub behind_proxy: Option<String>,
    /// File with keys and secrets, made at the first start; default secrets.toml in the data folder.
    #[arg(long, env = "HOLDFAST_SECRETS", global = true)]
    pub secrets: Option<String>,
    /// The first month that has a Backup Summary Report, for example 2026-09; default: the month in which the store was made.
    #[arg(long, env = "HOLDFAST_REPORTS_FROM", global = true)]
    pub reports_from: Option<String>,
    /// Name servers that are asked whether a domain is proved, as ADDRESS or ADDRESS:PORT, several with commas; default: the system's.
    #[arg(long, env = "HOLDFAST_DNS", global = true)]
    pub dns: Option<String>,
    /// Mail.
    #[command(flatten)]
    pub mail: MailFlags,
    /// SaaS services.
    #[command(flatten)]
    pub saas: SaasFlags,
}

/// The file. Unknown names are refused.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    database: Option<Text>,
    data: Option<Text>,
    listen: Option<Text>,
    public_url: Option<Text>,
    metrics_listen: Option<Text>,
    log: Option<Text>,
    log_format: Option<Text>,
    key_rate: Option<Text>,
    key_burst: Option<Text>,
    sign_in_rate: Option<Text>,
    behind_proxy: Option<Text>,
    secrets: Option<Text>,
    reports_from: Option<Text>,
    dns: Option<Text>,
    #[serde(default)]
    mail: mail::MailFile,
    #[serde(default)]
    saas: saas::SaasFile,
}

/// Numbers and switches may be written without quotes.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Text {
    Word(String),
    Number(i64),
    Switch(bool),
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word(text) => f.write_str(text),
            Self::Number(number) => write!(f, "{number}"),
            Self::Switch(switch) => write!(f, "{switch}"),
        }
    }
}

/// Checked settings.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where the data lives.
    pub database: StoreUrl,
    /// Data folder.
    pub data: PathBuf,
    /// Address to listen on.
    pub listen: SocketAddr,
    /// Address people use, without a slash at the end.
    pub public_url: Option<String>,
    /// Own address for metrics.
    pub metrics_listen: Option<SocketAddr>,
    /// Log filter.
    pub log: String,
    /// Log lines as JSON.
    pub log_json: bool,
    /// Rates.
    pub rates: Rates,
    /// Believe the last `X-Forwarded-For`.
    pub behind_proxy: bool,
    /// File with keys and secrets.
    pub secrets: PathBuf,
    /// Name servers for the proof of domains; empty: the system's.
    pub dns: Vec<SocketAddr>,
    /// The first month that has a Backup Summary Report; none: that in which the store was made.
    pub reports_from: Option<Month>,
    /// Mail that goes out.
    pub mail: Mail,
    /// SaaS services.
    pub saas: Saas,
}

impl Config {
    /// Address people use, without a slash at the end.
    pub fn address(&self) -> String {
        self.public_url.clone().unwrap_or_else(|| format!("http://{}", self.listen))
    }

    /// How monthly reports are made.
    pub fn reports(&self) -> reports::Settings {
        reports::Settings { public_url: self.address(), from: self.reports_from }
    }

    /// Puts the sources together and checks every setting.
    ///
    /// # Errors
    /// A line naming the setting, its value and what is wanted.
    pub fn read(flags: &Flags) -> Result<Self, WrongSetting> {
        let file = match &flags.config {
            Some(path) => read_file(path)?,
            None => File::default(),
        };
        let pick = |flag: &Option<String>, file: &Option<Text>| flag.clone().or_else(|| file.as_ref().map(Text::to_string));
        let data = PathBuf::from(pick(&flags.data, &file.data).unwrap_or_else(|| "data".to_owned()));
        let database = match pick(&flags.database, &file.database) {
            Some(text) => store_url(&text)?,
            None => StoreUrl::Sqlite(data.join("holdfast.db")),
        };
        let listen = pick(&flags.listen, &file.listen).unwrap_or_else(|| "127.0.0.1:3000".to_owned());
        let metrics_listen = pick(&flags.metrics_listen, &file.metrics_listen).map(|text| address("metrics_listen", &text)).transpose()?;
        let public_url = pick(&flags.public_url, &file.public_url).map(|text| public_url(&text)).transpose()?;
        let log_format = pick(&flags.log_format, &file.log_format).unwrap_or_else(|| "text".to_owned());
        let listen = address("listen", &listen)?;
        let people_come_to = public_url.clone().unwrap_or_else(|| format!("http://{listen}"));
        let secrets = pick(&flags.secrets, &file.secrets).map_or_else(|| data.join(crate::secrets::FILE), PathBuf::from);
        Ok(Self {
            secrets,
            dns: name_servers(pick(&flags.dns, &file.dns))?,
            reports_from: pick(&flags.reports_from, &file.reports_from)
                .map(|text| text.parse().map_err(|_| wrong("reports_from", &text, "a month, for example 2026-09")))
                .transpose()?,
            mail: Mail::read(&flags.mail, &file.mail, &people_come_to)?,
            saas: Saas::read(&flags.saas, &file.saas)?,
            database,
            data,
            listen,
            public_url,
            metrics_listen,
            log: log_filter(pick(&flags.log, &file.log))?,
            log_json: match log_format.as_str() {
                "text" => false,
                "json" => true,
                other => return Err(wrong("log_format", other, "text or json")),
            },
            rates: Rates {
                key_per_second: count("key_rate", pick(&flags.key_rate, &file.key_rate), 1_000)?,
                key_burst: count("key_burst", pick(&flags.key_burst, &file.key_burst), 20_000)?,
                sign_in_per_minute: count("sign_in_rate", pick(&flags.sign_in_rate, &file.sign_in_rate), 10)?,
            },
            behind_proxy: match pick(&flags.behind_proxy, &file.behind_proxy).as_deref() {
                None | Some("false") => false,
                Some("true") => true,
                Some(other) => return Err(wrong("behind_proxy", other, "true or false")),
            },
        })
    }
}

fn wrong(setting: &str, value: &str, wanted: &str) -> WrongSetting {
    let flag = setting.replace('_', "-");
    let variable = setting.to_uppercase();
    WrongSetting(format!("setting {setting} (--{flag}, HOLDFAST_{variable}): \"{value}\" is not usable, wanted is {wanted}"))
}

fn read_file(path: &Path) -> Result<File, WrongSetting> {
    let text = std::fs::read_to_string(path).map_err(|e| WrongSetting(format!("setting config: {} can't be read: {e}", path.display())))?;
    toml::from_str(&text).map_err(|e| {
        let line = e.span().map_or(1, |span| 1 + text[..span.start.min(text.len())].matches('\n').count());
        WrongSetting(format!("setting config: {} line {line}: {}", path.display(), e.message().replace('\n', " ")))
    })
}

fn store_url(text: &str) -> Result<StoreUrl, WrongSetting> {
    if text.starts_with("postgres://") || text.starts_with("postgresql://") {
        return Ok(StoreUrl::Postgres(text.to_owned()));
    }
    let path = text.strip_prefix("sqlite://").or_else(|| text.strip_prefix("sqlite:")).unwrap_or_default();
    if path.is_empty() || path.contains('?') {
        // The value may hold a password: it isn't repeated.
        return Err(WrongSetting(
            "setting database (--database, HOLDFAST_DATABASE): wanted is sqlite:PATH or postgres://USER@HOST/NAME".to_owned(),
        ));
    }
    Ok(StoreUrl::Sqlite(PathBuf::from(path)))
}

fn address(setting: &str, text: &str) -> Result<SocketAddr, WrongSetting> {
    text.replace("localhost:", "127.0.0.1:").parse().map_err(|_| wrong(setting, text, "an address and port, for example 127.0.0.1:3000"))
}

fn name_servers(text: Option<String>) -> Result<Vec<SocketAddr>, WrongSetting> {
    let text = text.unwrap_or_default();
    let one = |server: &str| server.parse().ok().or_else(|| Some(SocketAddr::new(server.parse().ok()?, 53)));
    let servers = text.split(',').map(str::trim).filter(|server| !server.is_empty());
    servers.map(|server| one(server).ok_or_else(|| wrong("dns", server, "an address, for example 192.0.2.53 or 127.0.0.1:5300"))).collect()
}

fn public_url(text: &str) -> Result<String, WrongSetting> {
    let trimmed = text.trim_end_matches('/');
    let host = trimmed.strip_prefix("https://").or_else(|| trimmed.strip_prefix("http://")).unwrap_or_default();
    if host.is_empty() || host.contains(['/', '?', '#', '@', ' ']) {
        return Err(wrong("public_url", text, "an address without a path, for example https://backup.example.com"));
    }
    Ok(trimmed.to_owned())
}

fn log_filter(text: Option<String>) -> Result<String, WrongSetting> {
    let text = text.unwrap_or_else(|| "info".to_owned());
    match tracing_subscriber::EnvFilter::try_new(&text) {
        Ok(_) => Ok(text),
        Err(_) => Err(wrong("log", &text, "a filter like info or server=debug,engine=info")),
    }
}

fn count(setting: &str, text: Option<String>, default: u32) -> Result<NonZeroU32, WrongSetting> {
    match text {
        None => Ok(NonZeroU32::new(default).unwrap_or(NonZeroU32::MIN)),
        Some(text) => text.parse().map_err(|_| wrong(setting, &text, "a whole number from 1")),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn with_file(text: &str) -> Result<Config, WrongSetting> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("holdfast.toml");
        std::fs::write(&path, text).unwrap();
        Config::read(&Flags { config: Some(path), listen: Some("[::1]:4000".to_owned()), ..Flags::default() })
    }

    #[test]
    fn defaults_need_no_setting_at_all() {
        let config = Config::read(&Flags::default()).unwrap();
        assert_eq!(config.database, StoreUrl::Sqlite("data/holdfast.db".into()));
        assert_eq!(config.listen.to_string(), "127.0.0.1:3000");
    }

    #[test]
    fn flags_win_over_the_file_and_numbers_need_no_quotes() {
        let config = with_file("listen = '1.2.3.4:5'\nkey_rate = 7\nbehind_proxy = true\n").unwrap();
        assert_eq!(config.listen.to_string(), "[::1]:4000");
        assert_eq!(config.rates.key_per_second.get(), 7);
        assert!(config.behind_proxy);
    }

    #[test]
    fn a_wrong_setting_is_named_in_one_line() {
        let line = |flags: Flags| Config::read(&flags).unwrap_err().to_string();
        assert_eq!(
            line(Flags { listen: Some("3000".into()), ..Flags::default() }),
            "setting listen (--listen, HOLDFAST_LISTEN): \"3000\" is not usable, wanted is an address and port, for example 127.0.0.1:3000"
        );
        let secret = line(Flags { database: Some("mysql://root:secret@db".into()), ..Flags::default() });
        assert!(secret.contains("HOLDFAST_DATABASE") && !secret.contains("secret"));
        let unknown = with_file("key_rate = 7\nlissten = 'x'\n").unwrap_err().to_string();
        assert!(unknown.contains("line 2") && unknown.contains("lissten"), "{unknown}");
        assert!(!unknown.contains('\n'));
    }

    #[test]
    fn name_servers_are_addresses_and_53_is_their_port() {
        let read = |text: &str| name_servers(Some(text.to_owned())).map(|s| s.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert_eq!(read("192.0.2.53, [::1]:5300").unwrap(), ["192.0.2.53:53", "[::1]:5300"]);
        assert!(read("dns.example.com").unwrap_err().to_string().contains("HOLDFAST_DNS"));
    }

    #[test]
    fn a_public_address_has_no_path() {
        assert!(public_url("https://backup.example.com/").is_ok());
        assert!(public_url("backup.example.com").is_err());
        assert!(public_url("https://example.com/backup").is_err());
    }
}
