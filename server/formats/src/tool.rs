//! The tools whose output is read, and how a command line shows which one it starts.

use crate::FormatError;
use std::{fmt, str::FromStr};

/// A tool whose output is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ToolName {
    /// restic, 0.14 and later.
    Restic,
    /// borg 1.x.
    Borg,
    /// borgmatic, on borg.
    Borgmatic,
    /// rclone.
    Rclone,
}

impl ToolName {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Restic, Self::Borg, Self::Borgmatic, Self::Rclone];

    /// The name as written in commands, addresses and events.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Restic => "restic",
            Self::Borg => "borg",
            Self::Borgmatic => "borgmatic",
            Self::Rclone => "rclone",
        }
    }
}

impl fmt::Display for ToolName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for ToolName {
    type Err = FormatError;
    fn from_str(name: &str) -> Result<Self, FormatError> {
        Self::ALL.into_iter().find(|tool| tool.as_str().eq_ignore_ascii_case(name)).ok_or_else(|| FormatError::Unsupported(name.to_owned()))
    }
}

/// Programs that only start another one, with those of their options that take a separate value.
const WRAPPERS: &[(&str, &[&str])] = &[
    ("sudo", &["-u", "-g", "-h", "-p", "-C", "-D", "-R", "-T", "-U", "-r", "-t"]),
    ("doas", &["-u", "-C"]),
    ("nice", &["-n"]),
    ("ionice", &["-c", "-n", "-p", "-P", "-u"]),
    ("chrt", &["-T", "-P", "-D"]),
    ("nohup", &[]),
    ("env", &["-u", "-C", "-S"]),
    ("time", &["-f", "-o"]),
    ("timeout", &["-k", "-s"]),
    ("stdbuf", &["-i", "-o", "-e"]),
    ("setpriv", &[]),
    ("systemd-inhibit", &[]),
    ("chronic", &[]),
    ("caffeinate", &["-t", "-w"]),
];

/// Which tool's backup a command line starts. Looks through `sudo`, `nice` and their like; `None` for scripts, other
/// programs, and for commands of a known tool that make no backup (`restic check`).
pub fn detect(command: &[String]) -> Option<ToolName> {
    let (tool, arguments) = program(command)?;
    makes_backup(tool, arguments).then_some(tool)
}

/// Which tool a command line starts, whatever it is told to do.
pub fn detect_program(command: &[String]) -> Option<ToolName> {
    program(command).map(|(tool, _)| tool)
}

fn program(command: &[String]) -> Option<(ToolName, &[String])> {
    let mut rest = command;
    for _ in 0..8 {
        let (program, arguments) = rest.split_first()?;
        let name = base_name(program);
        if let Ok(tool) = name.parse::<ToolName>() {
            return Some((tool, arguments));
        }
        let (_, with_value) = WRAPPERS.iter().find(|(wrapper, _)| *wrapper == name)?;
        rest = behind_wrapper(name, with_value, arguments);
    }
    None
}

fn base_name(program: &str) -> &str {
    let name = program.rsplit(['/', '\\']).next().unwrap_or(program);
    name.strip_suffix(".exe").unwrap_or(name)
}

fn behind_wrapper<'a>(name: &str, with_value: &[&str], arguments: &'a [String]) -> &'a [String] {
    let mut rest = arguments;
    while let Some((first, tail)) = rest.split_first() {
        if first == "--" {
            rest = tail;
            break;
        }
        if with_value.contains(&first.as_str()) {
            rest = tail.get(1..).unwrap_or_default();
        } else if first.starts_with('-') || (matches!(name, "env" | "sudo") && first.contains('=')) {
            rest = tail;
        } else {
            break;
        }
    }
    // These take one word of their own before the command: a duration, a priority.
    if matches!(name, "timeout" | "chrt") { rest.get(1..).unwrap_or_default() } else { rest }
}

fn makes_backup(tool: ToolName, arguments: &[String]) -> bool {
    let has = |words: &[&str]| arguments.iter().any(|a| words.contains(&a.as_str()));
    match tool {
        ToolName::Restic => has(&["backup"]),
        ToolName::Borg => has(&["create"]),
        ToolName::Rclone => has(&["sync", "copy", "move", "copyto", "moveto", "bisync"]),
        // Without an action borgmatic creates, prunes, compacts and checks.
        ToolName::Borgmatic => {
            has(&["create", "-C", "--create"])
                || !has(&[
                    "check",
                    "prune",
                    "compact",
                    "list",
                    "info",
                    "extract",
                    "mount",
                    "umount",
                    "init",
                    "rcreate",
                    "repo-create",
                    "rlist",
                    "rinfo",
                    "restore",
                    "export-tar",
                    "break-lock",
                    "borg",
                    "config",
                    "generate",
                    "validate",
                ])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(line: &str) -> Option<ToolName> {
        detect(&line.split(' ').map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn the_tool_is_found_behind_paths_and_wrappers() {
        assert_eq!(of("restic backup --json /srv"), Some(ToolName::Restic));
        assert_eq!(of("/usr/bin/restic -r /srv/r backup /srv"), Some(ToolName::Restic));
        assert_eq!(of("sudo -u backup nice -n 10 ionice -c 3 borg create ::a /srv"), Some(ToolName::Borg));
        assert_eq!(of("env A=b C=d timeout -k 5 2h rclone sync a b:"), Some(ToolName::Rclone));
        assert_eq!(of("nice -19 borgmatic --verbosity 1"), Some(ToolName::Borgmatic));
        assert_eq!(of("C:\\restic\\restic.exe backup x"), Some(ToolName::Restic));
    }

    #[test]
    fn what_makes_no_backup_is_left_to_its_exit_code() {
        for line in [
            "restic check",
            "borg prune",
            "rclone lsf a:",
            "borgmatic check",
            "/opt/backup.sh restic backup",
            "sudo",
            "nice -n",
            "timeout 5",
            "",
        ] {
            assert_eq!(of(line), None, "{line}");
        }
        assert_eq!(detect(&[]), None);
    }

    #[test]
    fn another_tool_is_refused_with_the_list_of_the_known_ones() {
        let refusal = "kopia".parse::<ToolName>().map_err(|e| e.to_string());
        assert_eq!(refusal, Err("not supported yet: kopia; supported are restic, borg, borgmatic, rclone".to_owned()));
    }
}
