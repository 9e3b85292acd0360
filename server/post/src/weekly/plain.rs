//! The summary as plain text. Where a reader unsubscribes is added by whoever sends it.

use super::{Weekly, change, word};
use crate::lines::{head, title, wrapped};
use domain::text::{bytes, count};
use std::fmt::Write;

/// The text.
pub fn text(weekly: &Weekly) -> String {
    let mut out = String::new();
    if weekly.test {
        out.push_str("This is a test that you sent to yourself.\n\n");
    }
    title(&mut out, &format!("Weekly Health Summary of {}", weekly.partner));
    let _ = writeln!(out, "{}", wrapped(&weekly.answer(), ""));
    let _ = writeln!(out, "{} ({})", weekly.week, weekly.zone);
    let _ = writeln!(out, "As of {}\n", weekly.made);
    devices(&mut out, weekly);
    backups(&mut out, weekly);
    alerts(&mut out, weekly);
    lowest(&mut out, weekly);
    storage(&mut out, weekly);
    let _ = writeln!(out, "The portal:\n{}\n", weekly.portal);
    let _ = writeln!(out, "Who gets this, and when:\n{}", weekly.settings_place);
    let _ = writeln!(out, "\n-- \n{}", weekly.brand);
    if !weekly.footer.is_empty() {
        let _ = writeln!(out, "{}", weekly.footer);
    }
    out
}

fn devices(out: &mut String, weekly: &Weekly) {
    head(out, &format!("Devices protected: {}", count(weekly.protected())));
    for of in &weekly.bands {
        let change = of.before.map(|before| format!("  {}", change(of.now, before))).unwrap_or_default();
        let _ = writeln!(out, "  {:<9}{:>7}{change}", word(of.band), count(of.now));
    }
    if weekly.paused > 0 {
        let _ = writeln!(out, "  {:<9}{:>7}", "Paused", count(weekly.paused));
    }
    if let Some(since) = &weekly.since {
        let _ = writeln!(out, "  Changes since the summary of {since}.");
    }
    out.push('\n');
}

fn backups(out: &mut String, weekly: &Weekly) {
    head(out, "Backups of the week");
    let mut told = false;
    for (whose, of) in [("", weekly.backups), ("SaaS accounts: ", weekly.saas)] {
        let Some((share, rest)) = Weekly::went(of) else { continue };
        told = true;
        let _ = writeln!(out, "{whose}{share}.");
        if !rest.is_empty() {
            let _ = writeln!(out, "{}", wrapped(&rest, "  "));
        }
    }
    if !told {
        out.push_str("None was due.\n");
    }
    out.push('\n');
}

fn alerts(out: &mut String, weekly: &Weekly) {
    head(out, &format!("New critical alerts: {}", weekly.became()));
    let _ = writeln!(out, "{} the week before.", count(weekly.critical.1));
    for alert in &weekly.alerts {
        let _ = writeln!(out, "\n{}", wrapped(&format!("* {}: {} ({})", alert.kind, alert.subject, alert.organization), ""));
        let _ = writeln!(out, "  {}{}", alert.at, if alert.resolved { ", resolved" } else { "" });
        let _ = writeln!(out, "{}", wrapped(&alert.why, "  "));
        let _ = writeln!(out, "  {}", alert.place);
    }
    if weekly.critical.0 > i64::try_from(weekly.alerts.len()).unwrap_or(0) {
        let _ = writeln!(out, "\nAll that are open: {}", weekly.alerts_place);
    }
    out.push('\n');
}

fn lowest(out: &mut String, weekly: &Weekly) {
    if weekly.lowest.is_empty() {
        return;
    }
    head(out, "Lowest health scores");
    for low in &weekly.lowest {
        let _ = writeln!(out, "{}", wrapped(&format!("{:>3}  {}: {} ({})", low.score, word(low.band), low.name, low.organization), ""));
        let _ = writeln!(out, "{}", wrapped(&low.why, "     "));
        let _ = writeln!(out, "     {}\n", low.place);
    }
}

fn storage(out: &mut String, weekly: &Weekly) {
    let Some(moved) = weekly.moved() else { return };
    head(out, "Storage");
    let _ = writeln!(out, "{}", wrapped(&moved, ""));
    for (day, held) in &weekly.storage {
        let _ = writeln!(out, "  {day:<7}{:>10}", held.map_or_else(|| "–".to_owned(), bytes));
    }
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::weekly::tests::sample;

    #[test]
    fn the_text_is_a_summary_by_itself_in_short_lines() {
        let text = text(&sample());
        assert!(text.lines().all(|line| line.chars().count() <= 78), "{text}");
        insta::assert_snapshot!(text);
    }
}
