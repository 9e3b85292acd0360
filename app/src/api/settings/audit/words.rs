//! Entries of the audit log in words, with the names of those who acted. Server side only.

use super::AuditLine;
use crate::error::UiError;
use domain::access::{Action, Actor};
use engine::{
    Engine,
    store::{
        audit::AuditRow,
        devices::{self, DeviceFilter},
        keys,
        organizations::{self, OrganizationFilter},
        people, policies,
    },
};
use serde_json::Value;
use std::collections::HashMap;

/// How much of a hash is shown.
const SHOWN: usize = 12;

/// Names of people, keys, organizations and so on, as `user:ID` → name.
pub(super) async fn names(engine: &Engine, actor: &Actor) -> Result<HashMap<String, String>, UiError> {
    let store = &engine.store;
    let mut names = HashMap::new();
    if actor.may(Action::ManageUsers) {
        names.extend(people::members(store, actor).await?.into_iter().map(|m| (format!("user:{}", m.user), m.name)));
    }
    if actor.may(Action::ManageSettings) {
        names.extend(keys::list(store, actor).await?.into_iter().map(|k| (format!("key:{}", k.id), format!("Key {}", k.name))));
    }
    if actor.may(Action::SeeDashboards) {
        let filter = OrganizationFilter { limit: Some(500), ..OrganizationFilter::default() };
        names.extend(
            organizations::list(store, actor, &filter).await?.items.into_iter().map(|o| (format!("organization:{}", o.id), o.name)),
        );
        names.extend(policies::list(store, actor).await?.into_iter().map(|p| (format!("policy:{}", p.id), p.name)));
        let filter = DeviceFilter { limit: Some(200), ..DeviceFilter::default() };
        let devices = devices::list(store, actor, &filter, (engine.clock)()).await?;
        names.extend(devices.items.into_iter().map(|d| (format!("device:{}", d.id), d.name)));
    }
    Ok(names)
}

fn words(what: &str) -> String {
    match what {
        "sign_in" => "Signed in",
        "sign_in.failed" => "Failed to sign in",
        "sign_out" => "Signed out",
        "session.end" => "Ended a session",
        "account.activate" => "Activated accounts",
        "account.deactivate" => "Deactivated accounts",
        "account.put" => "Added or changed accounts",
        "alert.acknowledge" => "Acknowledged an alert",
        "alert.end_snooze" => "Ended the snooze of an alert",
        "alert.note" => "Wrote a note at an alert",
        "alert.snooze" => "Snoozed an alert",
        "alert.take_back" => "Took back the acknowledgement of an alert",
        "connection.discover" => "Asked for a discovery of accounts",
        "maintenance.create" => "Planned maintenance",
        "maintenance.edit" => "Changed a maintenance window",
        "maintenance.end" => "Ended maintenance early",
        "maintenance.remove" => "Removed a maintenance window",
        "partner.settings" => "Changed settings",
        "partner.branding" => "Changed the branding",
        "device.create" => "Added a device",
        "device.edit" => "Changed a device",
        "device.pause" => "Paused a device",
        "device.resume" => "Resumed a device",
        "device.retire" => "Retired a device",
        "inbox.assign" => "Assigned an unknown source",
        "inbox.dismiss" => "Dismissed an unknown source",
        "inbox_rule.create" => "Made an inbox rule",
        "inbox_rule.delete" => "Deleted an inbox rule",
        "inbox_rule.edit" => "Changed an inbox rule",
        "password.change" => "Changed the own password",
        "session.switch" => "Switched to this membership",
        "policy.delete" => "Deleted a policy",
        "job.edit" => "Changed a job",
        "key.create" => "Made a key",
        "key.revoke" => "Revoked a key",
        "member.create" => "Added a member",
        "member.edit" => "Changed a member",
        "organization.create" => "Added an organization",
        "organization.edit" => "Changed an organization",
        "partner.create" => "Made the partner",
        "partner.edit" => "Changed the partner",
        "policy.create" => "Made a policy",
        "mail.again" => "Sent a mail again",
        "mail.cancel" => "Kept a mail back",
        "mail.resume" => "Let mail go to an address again",
        "mail.expire" => "Deleted mails that were kept long enough",
        "mail_key.make" => "Made a key to sign mail with",
        "mail_key.remove" => "Took a key away that mail was signed with",
        "mail_key.sign" => "Began to sign mail with a key",
        "mail.test" => "Sent a test mail",
        "mail.unsubscribe" => "An address unsubscribed",
        "sla.set" => "Set a service level",
        "sla.end" => "Ended a service level",
        "report.delivery" => "Changed e-mail delivery settings",
        "report.weekly" => "Changed the weekly summary",
        "report.weekly_send" => "Mailed the weekly summary",
        "report.share" => "Shared reports, or stopped it",
        "mail_domain.add" => "Added a domain",
        "mail_domain.code" => "Had a code mailed to a domain",
        "mail_domain.remove" => "Removed a domain",
        "mail_domain.verify" => "Verified a domain",
        "report.again" => "Had failed reports made again",
        "report.ask" => "Had the reports of a past month made",
        "report.create" => "Made a report",
        "report.resume" => "Took the monthly run of reports up again",
        "report.stop" => "Stopped the monthly run of reports",
        "policy.edit" => "Changed a policy",
        other => return other.replace(['.', '_'], " "),
    }
    .to_owned()
}

fn link(subject: &str) -> Option<String> {
    let (kind, id) = subject.split_once(':')?;
    match kind {
        "device" => Some(format!("/devices/{id}")),
        "organization" => Some(format!("/organizations/{id}")),
        "policy" => Some(format!("/settings/policies/{id}")),
        "mail" => Some(format!("/settings/outbox/{id}")),
        "sla_rule" => Some("/settings/sla".to_owned()),
        "inbox_rule" => Some("/settings/inbox/rules".to_owned()),
        _ => None,
    }
}

fn value(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        Value::Array(items) if items.is_empty() => None,
        Value::Object(fields) if fields.is_empty() => None,
        other => Some(other.to_string()),
    }
}

/// Names and values that were set; what was left empty is left out, one level deeper is taken apart.
fn detail(detail: &Value) -> Vec<(String, String)> {
    let Value::Object(fields) = detail else { return Vec::new() };
    let mut told = Vec::new();
    for (name, set) in fields {
        match set {
            Value::Object(inner) => told.extend(inner.iter().filter_map(|(n, v)| value(v).map(|v| (n.replace('_', " "), v)))),
            set => told.extend(value(set).map(|v| (name.replace('_', " "), v))),
        }
    }
    told
}

pub(super) fn line(row: AuditRow, names: &HashMap<String, String>) -> AuditLine {
    let named = |id: &str| names.get(id).cloned();
    let kind = row.subject.split(':').next().unwrap_or_default();
    AuditLine {
        seq: row.seq,
        at: row.at,
        who: named(&row.who).unwrap_or_else(|| match row.who.split(':').next() {
            Some("user") => "Somebody who left".to_owned(),
            Some("key") => "A key".to_owned(),
            _ => "The portal".to_owned(),
        }),
        what: words(&row.what),
        subject: named(&row.subject).unwrap_or_else(|| kind.to_owned()),
        link: link(&row.subject),
        detail: detail(&row.detail),
        hash: row.hash.chars().take(SHOWN).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn details_name_what_was_set_and_leave_out_what_was_not() {
        let set = json!({ "name": "fs-01", "quota": null, "rights": { "ingest": true, "end": null } });
        assert_eq!(detail(&set), vec![("name".to_owned(), "fs-01".to_owned()), ("ingest".to_owned(), "true".to_owned())]);
    }

    #[test]
    fn an_action_that_has_no_words_yet_is_still_readable() {
        assert_eq!(words("report.make_again"), "report make again");
    }
}
