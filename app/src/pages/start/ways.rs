//! Ways to connect a device: the lines to copy, made from the portal's address, the device's key and its ping address.

use domain::ids::DeviceId;

/// Stands where a key would: it was shown when it was made.
pub const KEY_PLACE: &str = "hf_YOUR_KEY";

/// A line to copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What it is, for its heading.
    pub label: &'static str,
    /// What is copied.
    pub text: String,
    /// A sentence below it.
    pub note: &'static str,
}

/// A way to connect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    /// For the address: `agent`, `ping`, `restic`, `borg`, `borgmatic`.
    pub word: &'static str,
    /// Its tab.
    pub label: &'static str,
    /// When to take it.
    pub intro: &'static str,
    /// The first one is enough.
    pub lines: Vec<Line>,
}

/// All ways, the usual one first. `url`: the portal's address; without `key` its place is kept, so is that of the ping's secret.
pub fn ways(url: &str, device: DeviceId, key: Option<&str>, ping_uuid: Option<&str>) -> Vec<Way> {
    let key = key.unwrap_or(KEY_PLACE);
    let ping = format!("{url}/ping/{}", ping_uuid.unwrap_or("PING_ID"));
    let curl = "curl -fsS -m 10 --retry 5";
    let report = |tool: &str| {
        format!(
            "{curl} -H 'Authorization: Bearer {key}' --data-binary @- \"{url}/api/v1/reports/{tool}?device={}&job=nightly&exit_code=$code\"",
            device
        )
    };
    vec![
        Way {
            word: "agent",
            label: "Agent",
            intro: "Wraps the backup you have, whatever tool it is: shows progress, retries, keeps reports while the line is down, and never makes a backup fail.",
            lines: vec![Line {
                label: "On the machine, as the user that backs up",
                text: format!("holdfast-agent enroll {url} {key} && holdfast-agent run --job nightly -- restic backup --json /home"),
                note: "Put your own backup command after the two dashes. The second half of the line is what goes into a timer or crontab later.",
            }],
        },
        Way {
            word: "ping",
            label: "curl",
            intro: "One request after the backup, as Healthchecks takes it. Needs no key: the address is the secret. Tells success and failure, not sizes or files.",
            lines: vec![
                Line {
                    label: "After a backup, with its exit status",
                    text: format!("restic backup /home; {curl} -o /dev/null {ping}/$?"),
                    note: "0 is a success, everything else a failure.",
                },
                Line {
                    label: "Only after a success",
                    text: format!("restic backup /home && {curl} -o /dev/null {ping}"),
                    note: "A failure is then seen once the next backup is late.",
                },
                Line { label: "Before a backup, to see it running", text: format!("{curl} -o /dev/null {ping}/start"), note: "" },
            ],
        },
        Way {
            word: "restic",
            label: "restic",
            intro: "Sends what restic prints: files, sizes, and the files that could not be read.",
            lines: vec![Line {
                label: "Instead of the plain backup command",
                text: format!(
                    "out=$(RESTIC_PROGRESS_FPS=0.1 restic backup --json /home 2>&1); code=$?; printf '%s\\n' \"$out\" | {}",
                    report("restic")
                ),
                note: "",
            }],
        },
        Way {
            word: "borg",
            label: "borg",
            intro: "Sends what borg prints: files, sizes, and the files that could not be read.",
            lines: vec![Line {
                label: "Instead of the plain backup command",
                text: format!(
                    "out=$(borg create --json --log-json ::'{{hostname}}-{{now}}' /home 2>&1); code=$?; printf '%s\\n' \"$out\" | {}",
                    report("borg")
                ),
                note: "BORG_REPO names the repository.",
            }],
        },
        Way {
            word: "borgmatic",
            label: "borgmatic",
            intro: "borgmatic's own Healthchecks hook, unmodified: start, end, failure and the log.",
            lines: vec![
                Line { label: "In config.yaml, borgmatic 1.8 and later", text: format!("healthchecks:\n    ping_url: {ping}"), note: "" },
                Line {
                    label: "In config.yaml, borgmatic up to 1.7",
                    text: format!("hooks:\n    healthchecks:\n        ping_url: {ping}"),
                    note: "The command borgmatic --version tells which it is.",
                },
            ],
        },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(key: Option<&str>) -> Vec<Way> {
        ways("https://portal.example", DeviceId(7), key, Some("0f1e"))
    }

    #[test]
    fn a_fresh_key_stands_in_the_lines_that_need_one() {
        let ways = made(Some("hf_abc"));
        assert!(ways[0].lines[0].text.starts_with("holdfast-agent enroll https://portal.example hf_abc && holdfast-agent run"));
        assert!(ways.iter().filter(|w| w.word == "restic" || w.word == "borg").all(|w| w.lines[0].text.contains("Bearer hf_abc")));
    }

    #[test]
    fn without_a_key_its_place_is_kept() {
        assert!(made(None)[0].lines[0].text.contains(KEY_PLACE));
    }

    #[test]
    fn pings_need_no_key() {
        let ways = made(Some("hf_abc"));
        assert!(ways.iter().filter(|w| w.word == "ping" || w.word == "borgmatic").flat_map(|w| &w.lines).all(|l| !l.text.contains("hf_")));
    }

    #[test]
    fn every_shell_line_is_one_line() {
        let ways = made(Some("hf_abc"));
        assert!(ways.iter().filter(|w| w.word != "borgmatic").flat_map(|w| &w.lines).all(|l| !l.text.contains('\n')));
    }
}
