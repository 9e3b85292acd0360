//! `enroll`: proves address and key with a check-in and only then writes the settings.

use crate::{
    command_line::Enroll,
    complain,
    message::CheckIn,
    portal::Portal,
    settings::{self, Settings},
};
use std::io::Read;

/// 0 when the portal has taken the check-in and the settings are written.
pub(crate) fn enroll(order: &Enroll) -> i32 {
    match attempt(order) {
        Ok(words) => {
            complain(&words);
            0
        }
        Err(words) => {
            complain(&words);
            1
        }
    }
}

fn attempt(order: &Enroll) -> Result<String, String> {
    let url = order.url.trim().trim_end_matches('/').to_owned();
    let Some((scheme, rest)) = url.split_once("://").filter(|(s, rest)| matches!(*s, "http" | "https") && !rest.is_empty()) else {
        return Err(format!("{url} is no address: it begins with https://"));
    };
    let host = rest.split(['/', ':']).next().unwrap_or_default();
    if scheme == "http" && !matches!(host, "localhost" | "127.0.0.1" | "[") {
        complain("the key and all reports will cross the network unencrypted: use https:// where you can");
    }
    let mut key = order.token.trim().to_owned();
    if key == "-" {
        key.clear();
        std::io::stdin().take(4096).read_to_string(&mut key).map_err(|e| format!("the key can't be read: {e}"))?;
        key = key.trim().to_owned();
    }
    if !key.starts_with("hf_") || key.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err("that is no key of a device: it begins with hf_".to_owned());
    }
    let settings = Settings { url, key, device: order.name.clone(), ca_file: order.ca_file.clone() };
    let portal = Portal::of(&settings)?.ok_or("an address and a key are needed")?;
    let check_in = serde_json::to_vec(&CheckIn::now(settings.device.clone())).map_err(|e| e.to_string())?;
    portal.object("/api/v1/check-ins", &check_in).map_err(|refusal| format!("not enrolled: {}", refusal.words()))?;
    let path = order.config.clone().unwrap_or_else(settings::path);
    settings.save(&path).map_err(|error| format!("not enrolled: the settings {} can't be written: {error}", path.display()))?;
    Ok(format!("enrolled at {}; settings in {}", settings.url, path.display()))
}
