//! The report as HTML for mail programs, in the look that all mails share ([`crate::html`]).

use super::{Day, Mark, NAMED, Row, Summary, told};
use crate::html::{Opening, button, close, escape, fine, link, open, section};
use domain::text::{bytes, count};
use std::fmt::Write;

/// Paper of a mark: light enough for the same ink everywhere, so that no program has to read a style, and told apart by lightness, too.
const fn paper(mark: Mark) -> &'static str {
    match mark {
        Mark::Best => "#5cc9a5",
        Mark::Good => "#c4ebdd",
        Mark::Bad => "#f0803c",
        Mark::Off => "#b9bcc4",
        Mark::None => "#f0f0ed",
    }
}

/// The document.
pub fn html(summary: &Summary) -> String {
    let mut out = String::with_capacity(32 << 10);
    let facts =
        format!("{} ({}) · {} · made {}", escape(&summary.month.range()), escape(&summary.zone), summary.numbers(), escape(&summary.made));
    let opening = Opening {
        subject: &summary.subject(),
        answer: &summary.answer(),
        brand: &summary.brand,
        logo: summary.logo,
        heading: &format!("Backup Summary Report of {}", summary.organization),
        colour: &summary.colour,
        test: summary.test,
        facts: &facts,
    };
    open(&mut out, &opening);
    button(&mut out, &summary.portal, "Open the reports in the portal", &summary.colour);
    let month = summary.month.name();
    section(&mut out, "Workload by workload");
    for row in &summary.workloads {
        write_row(&mut out, row, &month);
    }
    let troubled = summary.troubled();
    if !troubled.is_empty() {
        section(&mut out, "What needs a look");
        for row in troubled.iter().take(NAMED) {
            write_row(&mut out, row, &month);
        }
        if troubled.len() > NAMED {
            let _ = write!(out, "<p style=\"font-size:14px\">And {} more: see the report.</p>", troubled.len() - NAMED);
        }
    }
    legend(&mut out);
    foot(&mut out, summary);
    close(&mut out);
    out
}

fn write_row<D: Day>(out: &mut String, row: &Row<D>, month: &str) {
    let _ = write!(
        out,
        "<div class=\"line\" style=\"border-top:1px solid #d9d9d4;padding:10px 0\"><p style=\"margin:0 0 6px;font-size:14px;line-height:1.4\"><strong style=\"word-break:break-word\">{}</strong>",
        escape(&row.name)
    );
    let last = if row.last.is_empty() { "no backup in this month".to_owned() } else { escape(&row.last) };
    let mut facts = vec![last];
    facts.extend(row.objects.map(|n| format!("{} objects", count(n))));
    facts.extend(row.bytes.map(bytes));
    let _ = write!(out, "<span class=\"fact faint\" style=\"padding-left:10px;color:#51555d\">{}</span></p>", facts.join(" · "));
    let _ = write!(
        out,
        "<table role=\"img\" aria-label=\"{}\" class=\"days\" cellpadding=\"0\" cellspacing=\"1\"><tr align=\"center\" style=\"font:9px/18px Consolas,Menlo,monospace;color:#191b1f\">",
        escape(&told(row))
    );
    for (place, day) in row.days.iter().enumerate() {
        let mark = day.mark();
        let (day, word, letter) = (place + 1, mark.word(), mark.letter());
        let _ = write!(out, "<td title=\"{day} {}: {word}\" width=\"9\" bgcolor=\"{}\">{letter}</td>", escape(month), paper(mark));
    }
    let _ = write!(
        out,
        "</tr></table><p class=\"faint\" style=\"margin:4px 0 0;font-size:13px;color:#51555d\">{}</p></div>",
        escape(&told(row))
    );
}

fn legend(out: &mut String) {
    section(out, "What the days mean");
    out.push_str("<table role=\"presentation\" class=\"days\" cellpadding=\"0\" cellspacing=\"2\" style=\"font-size:13px\">");
    for mark in Mark::ALL {
        let _ = write!(
            out,
            "<tr><td width=\"16\" align=\"center\" bgcolor=\"{}\" style=\"font:11px/18px Consolas,Menlo,monospace;color:#191b1f\">{}</td><th align=\"left\" style=\"padding:0 6px;font-weight:600\">{}</th><th align=\"left\" style=\"font-weight:400\">{}</th></tr>",
            paper(mark),
            mark.letter(),
            mark.word(),
            mark.meaning()
        );
    }
    out.push_str("</table>");
}

fn foot(out: &mut String, summary: &Summary) {
    let mut whole =
        if summary.attached { "The whole report is attached as PDF, and in the portal." } else { "The whole report is in the portal." }
            .to_owned();
    if let Some((hash, place)) = &summary.proof {
        let _ = write!(
            whole,
            " Its data have the hash <a class=\"link\" href=\"{}\" style=\"color:#2c4fa3\"><code>{}…</code></a>, which can be verified.",
            escape(place),
            escape(hash)
        );
    }
    fine(out, 24, &whole);
    if !summary.footer.is_empty() {
        fine(out, 10, &escape(&summary.footer));
    }
    if let Some(url) = &summary.unsubscribe {
        let words = format!("You get this because your provider registered your address. {}", link(url, "No more of these reports"));
        fine(out, 10, &words);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::summary::tests::sample;

    #[test]
    fn every_day_is_a_cell_with_its_letter_and_its_words_and_nothing_is_fetched() {
        let mut summary = sample();
        let page = html(&summary);
        assert!(page.contains("<td title=\"12 September 2026: Unhealthy\" width=\"9\" bgcolor=\"#f0803c\">U</td>"), "{page}");
        assert_eq!(page.matches("<td title=").count(), 30 * 3, "two workloads and one account");
        assert!(page.contains("aria-label=\"27 healthy, 3 unhealthy (12–13, 28)\""));
        assert!(page.contains("Müller &amp; Söhne &lt;GmbH&gt;") && !page.contains("<GmbH>"));
        for fetched in ["<script", "<link", "src=\"http", "url("] {
            assert!(!page.contains(fetched), "{fetched}");
        }
        assert!(!page.contains("cid:logo"));
        summary.logo = true;
        assert!(html(&summary).contains("src=\"cid:logo\" alt=\"Northwind IT\""));
    }

    #[test]
    fn a_colour_that_is_none_breaks_no_style() {
        let mut summary = sample();
        summary.colour = "red;background:url(x)".into();
        assert!(!html(&summary).contains("url(x)"));
    }

    #[test]
    fn mail_stays_small_enough_to_be_shown_whole() {
        let mut summary = sample();
        summary.accounts = (0..500)
            .map(|n| Row {
                name: format!("person-{n}@example.com"),
                days: vec![domain::saas::days::AccountDay::Unhealthy; 31],
                ..Row::default()
            })
            .collect();
        // The largest of the web mailers cuts what is longer than 102 KB.
        summary.workloads = vec![summary.workloads[0].clone(); 6];
        assert!(html(&summary).len() < 90_000, "{}", html(&summary).len());
    }
}
