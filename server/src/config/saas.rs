//! Settings of SaaS services: the real addresses unless others are set, so that any provider can be pointed at.
//!
//! Secrets stand in the secrets file or the environment, never in the settings file.

use super::{Text, WrongSetting};
use clap::Args;
use domain::saas::Service;
use providers::Secret;
use serde::Deserialize;

/// Flags of services. Secrets are read from the environment only.
#[derive(Args, Clone, Default)]
pub struct SaasFlags {
    /// Client id of this portal at Microsoft; without one, Microsoft 365 can't be connected.
    #[arg(long, env = "HOLDFAST_MICROSOFT_CLIENT_ID", global = true)]
    pub microsoft_client_id: Option<String>,
    /// Its secret, where it isn't in the secrets file.
    #[arg(long, env = "HOLDFAST_MICROSOFT_CLIENT_SECRET", global = true, hide = true, hide_env_values = true)]
    pub microsoft_client_secret: Option<String>,
    /// Where people consent.
    #[arg(long, env = "HOLDFAST_MICROSOFT_AUTHORIZE_URL", global = true, hide_short_help = true)]
    pub microsoft_authorize_url: Option<String>,
    /// Where tokens are given.
    #[arg(long, env = "HOLDFAST_MICROSOFT_TOKEN_URL", global = true, hide_short_help = true)]
    pub microsoft_token_url: Option<String>,
    /// Where people are listed (Microsoft Graph).
    #[arg(long, env = "HOLDFAST_MICROSOFT_DIRECTORY_URL", global = true, hide_short_help = true)]
    pub microsoft_directory_url: Option<String>,
    /// What consent is asked for.
    #[arg(long, env = "HOLDFAST_MICROSOFT_SCOPES", global = true, hide_short_help = true)]
    pub microsoft_scopes: Option<String>,
    /// Client id of this portal at Google; without one, Google Workspace can't be connected.
    #[arg(long, env = "HOLDFAST_GOOGLE_CLIENT_ID", global = true)]
    pub google_client_id: Option<String>,
    /// Its secret, where it isn't in the secrets file.
    #[arg(long, env = "HOLDFAST_GOOGLE_CLIENT_SECRET", global = true, hide = true, hide_env_values = true)]
    pub google_client_secret: Option<String>,
    /// Where people consent.
    #[arg(long, env = "HOLDFAST_GOOGLE_AUTHORIZE_URL", global = true, hide_short_help = true)]
    pub google_authorize_url: Option<String>,
    /// Where tokens are given.
    #[arg(long, env = "HOLDFAST_GOOGLE_TOKEN_URL", global = true, hide_short_help = true)]
    pub google_token_url: Option<String>,
    /// Where people are listed (Directory API).
    #[arg(long, env = "HOLDFAST_GOOGLE_DIRECTORY_URL", global = true, hide_short_help = true)]
    pub google_directory_url: Option<String>,
    /// What consent is asked for.
    #[arg(long, env = "HOLDFAST_GOOGLE_SCOPES", global = true, hide_short_help = true)]
    pub google_scopes: Option<String>,
}

impl std::fmt::Debug for SaasFlags {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SaasFlags").finish_non_exhaustive()
    }
}

/// `[saas]` of the file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SaasFile {
    #[serde(default)]
    microsoft_365: ServiceFile,
    #[serde(default)]
    google_workspace: ServiceFile,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct ServiceFile {
    client_id: Option<Text>,
    authorize_url: Option<Text>,
    token_url: Option<Text>,
    directory_url: Option<Text>,
    scopes: Option<Text>,
}

/// How a service is reached.
#[derive(Clone, Debug)]
pub struct ServiceSettings {
    /// This portal at the provider; none: the service isn't set up.
    pub client_id: Option<String>,
    /// From the environment; goes before the secrets file.
    pub client_secret: Option<Secret>,
    /// Where people consent.
    pub authorize_url: String,
    /// Where tokens are given.
    pub token_url: String,
    /// Where people are listed, without a slash at the end.
    pub directory_url: String,
    /// What consent is asked for, between blanks.
    pub scopes: String,
}

/// All services.
#[derive(Clone, Debug)]
pub struct Saas {
    microsoft: ServiceSettings,
    google: ServiceSettings,
}

impl Saas {
    /// How a service is reached.
    pub const fn of(&self, service: Service) -> &ServiceSettings {
        match service {
            Service::Microsoft365 => &self.microsoft,
            Service::GoogleWorkspace => &self.google,
        }
    }

    pub(super) fn read(flags: &SaasFlags, file: &SaasFile) -> Result<Self, WrongSetting> {
        let pick = |flag: &Option<String>, file: &Option<Text>| {
            flag.clone().or_else(|| file.as_ref().map(Text::to_string)).map(|t| t.trim().to_owned()).filter(|t| !t.is_empty())
        };
        let address = |name: &str, flag: &Option<String>, file: &Option<Text>, default: &str| match pick(flag, file) {
            None => Ok(default.to_owned()),
            Some(text) => checked(name, &text),
        };
        let secret = |flag: &Option<String>| flag.as_deref().map(str::trim).filter(|s| !s.is_empty()).map(Secret::new);
        let (m, g) = (&file.microsoft_365, &file.google_workspace);
        Ok(Self {
            microsoft: ServiceSettings {
                client_id: pick(&flags.microsoft_client_id, &m.client_id),
                client_secret: secret(&flags.microsoft_client_secret),
                authorize_url: address(
                    "microsoft_authorize_url",
                    &flags.microsoft_authorize_url,
                    &m.authorize_url,
                    "https://login.microsoftonline.com/common/oauth2/v2.0/authorize",
                )?,
                token_url: address(
                    "microsoft_token_url",
                    &flags.microsoft_token_url,
                    &m.token_url,
                    "https://login.microsoftonline.com/common/oauth2/v2.0/token",
                )?,
                directory_url: address(
                    "microsoft_directory_url",
                    &flags.microsoft_directory_url,
                    &m.directory_url,
                    "https://graph.microsoft.com/v1.0",
                )?,
                scopes: pick(&flags.microsoft_scopes, &m.scopes)
                    .unwrap_or_else(|| "openid offline_access https://graph.microsoft.com/User.Read.All".to_owned()),
            },
            google: ServiceSettings {
                client_id: pick(&flags.google_client_id, &g.client_id),
                client_secret: secret(&flags.google_client_secret),
                authorize_url: address(
                    "google_authorize_url",
                    &flags.google_authorize_url,
                    &g.authorize_url,
                    "https://accounts.google.com/o/oauth2/v2/auth",
                )?,
                token_url: address("google_token_url", &flags.google_token_url, &g.token_url, "https://oauth2.googleapis.com/token")?,
                directory_url: address(
                    "google_directory_url",
                    &flags.google_directory_url,
                    &g.directory_url,
                    "https://admin.googleapis.com/admin/directory/v1",
                )?,
                scopes: pick(&flags.google_scopes, &g.scopes)
                    .unwrap_or_else(|| "openid https://www.googleapis.com/auth/admin.directory.user.readonly".to_owned()),
            },
        })
    }
}

/// Tokens go there: so it must be https, but for this machine itself.
fn checked(name: &str, text: &str) -> Result<String, WrongSetting> {
    let trimmed = text.trim_end_matches('/');
    let uri = trimmed.parse::<http::Uri>().ok().filter(|uri| uri.host().is_some());
    let is_local = |host: &str| matches!(host, "localhost" | "[::1]") || host.starts_with("127.");
    match uri.as_ref().map(|uri| (uri.scheme_str(), uri.host().unwrap_or_default())) {
        Some((Some("https"), _)) => Ok(trimmed.to_owned()),
        Some((Some("http"), host)) if is_local(host) => Ok(trimmed.to_owned()),
        _ => Err(super::wrong(name, text, "an https address (http on this machine only)")),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn without_settings_the_real_services_are_meant_and_none_is_set_up() {
        let saas = Saas::read(&SaasFlags::default(), &SaasFile::default()).unwrap();
        assert_eq!(saas.of(Service::GoogleWorkspace).token_url, "https://oauth2.googleapis.com/token");
        assert!(saas.of(Service::Microsoft365).scopes.contains("offline_access"));
        assert_eq!(saas.of(Service::Microsoft365).client_id, None);
    }

    #[test]
    fn tokens_go_to_https_or_this_machine_only() {
        for (address, fine) in [
            ("https://login.example.org/token/", true),
            ("http://127.0.0.1:9000/token", true),
            ("http://localhost:9000/token", true),
            ("http://login.example.org/token", false),
            ("login.example.org", false),
        ] {
            let flags = SaasFlags { google_token_url: Some(address.into()), ..SaasFlags::default() };
            let read = Saas::read(&flags, &SaasFile::default());
            assert_eq!(read.is_ok(), fine, "{address}");
            if let Err(wrong) = read {
                assert!(wrong.to_string().contains("HOLDFAST_GOOGLE_TOKEN_URL"), "{wrong}");
            }
        }
    }

    #[test]
    fn the_file_holds_ids_and_addresses_and_refuses_secrets() {
        let file: SaasFile = toml::from_str("[microsoft_365]\nclient_id = 'abc'\n").unwrap();
        let saas = Saas::read(&SaasFlags::default(), &file).unwrap();
        assert_eq!(saas.of(Service::Microsoft365).client_id.as_deref(), Some("abc"));
        assert!(toml::from_str::<SaasFile>("[microsoft_365]\nclient_secret = 'abc'\n").is_err());
    }
}
