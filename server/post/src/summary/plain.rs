//! The report as plain text: lines of at most 78 characters, read well in any font.

use super::{Day, Mark, NAMED, Row, Summary, told};
use crate::lines::{head, title, wrapped};
use domain::text::{bytes, count};
use std::fmt::Write;

/// The text.
pub fn text(summary: &Summary) -> String {
    let mut out = String::new();
    if summary.test {
        out.push_str("This is a test that you sent to yourself.\n\n");
    }
    title(&mut out, &format!("Backup Summary Report of {}", summary.organization));
    let _ = writeln!(out, "{}", wrapped(&summary.answer(), ""));
    let _ = writeln!(out, "{} ({})", summary.month.range(), summary.zone);
    let _ = writeln!(out, "{}", wrapped(&summary.numbers(), ""));
    let _ = writeln!(out, "Made by {} on {}\n", summary.brand, summary.made);
    head(&mut out, "Workload by workload");
    for row in &summary.workloads {
        rows(&mut out, row);
    }
    let troubled = summary.troubled();
    if !troubled.is_empty() {
        head(&mut out, "What needs a look");
        for row in troubled.iter().take(NAMED) {
            rows(&mut out, row);
        }
        if troubled.len() > NAMED {
            let _ = writeln!(out, "And {} more: see the report.\n", troubled.len() - NAMED);
        }
    }
    head(&mut out, "What the letters mean");
    for mark in Mark::ALL {
        let _ = writeln!(out, "  {}  {}: {}", mark.letter(), mark.word(), mark.meaning());
    }
    out.push('\n');
    head(&mut out, "The whole report");
    out.push_str(if summary.attached { "Attached as PDF, and in the portal:\n" } else { "In the portal:\n" });
    let _ = writeln!(out, "{}", summary.portal);
    if let Some((hash, place)) = &summary.proof {
        let _ = writeln!(out, "\nIts data have the hash {hash}…, which can be verified at\n{place}");
    }
    let _ = writeln!(out, "\n-- \n{}", summary.brand);
    if !summary.footer.is_empty() {
        let _ = writeln!(out, "{}", summary.footer);
    }
    if let Some(url) = &summary.unsubscribe {
        let _ = writeln!(out, "\nNo more of these reports to this address:\n{url}");
    }
    out
}

fn rows<D: Day>(out: &mut String, row: &Row<D>) {
    let _ = writeln!(out, "{}", row.name);
    let last = if row.last.is_empty() { "none in this month" } else { &row.last };
    let mut facts = format!("Last backup: {last}");
    if let Some(objects) = row.objects {
        let _ = write!(facts, "; {} objects", count(objects));
    }
    if let Some(size) = row.bytes {
        let _ = write!(facts, "; {}", bytes(size));
    }
    let _ = writeln!(out, "{}", wrapped(&facts, "  "));
    // In weeks of ten: a day is found by counting.
    let letters: Vec<String> = row.days.chunks(10).map(|ten| ten.iter().map(|day| day.mark().letter()).collect()).collect();
    let _ = writeln!(out, "  Days:  {}", letters.join(" "));
    let _ = writeln!(out, "{}\n", wrapped(&told(row), "  "));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::summary::tests::sample;

    #[test]
    fn the_text_is_a_report_by_itself_in_short_lines() {
        let text = text(&sample());
        for wanted in [
            "Backup Summary Report of Müller & Söhne <GmbH>\n",
            "1 of 3 accounts had days on which backups did not complete.\n1 – 30 September 2026 (Europe/Berlin)\n3 activated and 1 deactivated accounts\n",
            "kai@mueller.example\n  Last backup: Wed 30 Sep 2026, 23:10 CEST; 48,213 objects; 7.0 GiB\n  Days:  HHHHHHHHHH HUUHHHHHHH HHHHHHHUHH\n  27 healthy, 3 unhealthy (12–13, 28)\n",
            "OneDrive\n  Last backup: none in this month\n  Days:  .......... .......... ..........\n",
            "  D  Deactivated: backups were turned off\n",
            "https://backup.example.com/unsubscribe/x",
        ] {
            assert!(text.contains(wanted), "{wanted}\n---\n{text}");
        }
        assert!(!text.contains("info@mueller.example"), "who has no trouble is in the report, not in the mail");
        assert!(text.lines().all(|line| line.chars().count() <= 78), "{text}");
    }
}
