//! The report as HTML for mail programs: tables, styles on the elements (some programs drop the head), no scripts, nothing fetched from
//! anywhere. Colours follow a dark theme where the program does.

use super::{Day, Mark, NAMED, Row, Summary, told};
use crate::html::escape;
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

const HEAD: &str = r#"<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark"><style>
:root { color-scheme: light dark; }
@media (prefers-color-scheme: dark) {
.paper, body { background: #16181c !important; }
.ink, .ink td, .ink th, h1, h2, p { color: #e9e9e6 !important; }
.faint { color: #b4b7bd !important; }
.line { border-color: #3a3d44 !important; }
.link { color: #9db8ff !important; }
.ink .days td { color: #191b1f !important; }
}
@media (max-width: 480px) { .outer { padding: 12px !important; } .fact { display: block !important; padding-left: 0 !important; } }
</style>"#;

const TEXT: &str = "font-family:Inter,'Segoe UI',Helvetica,Arial,sans-serif;color:#191b1f;";

/// The document.
pub fn html(summary: &Summary) -> String {
    let mut out = String::with_capacity(32 << 10);
    let title = summary.subject();
    let colour = if is_colour(&summary.colour) { summary.colour.as_str() } else { "#4338b8" };
    let _ = write!(out, "<!DOCTYPE html><html lang=\"en\"><head><title>{}</title>{HEAD}</head>", escape(&title));
    let _ = write!(out, "<body class=\"paper\" style=\"margin:0;background:#ffffff;{TEXT}\">");
    // What lists of mail show beside the subject.
    let _ = write!(out, "<div style=\"display:none;max-height:0;overflow:hidden\">{}</div>", escape(&summary.answer()));
    out.push_str("<table role=\"presentation\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\"><tr><td align=\"center\" class=\"outer\" style=\"padding:24px\">");
    out.push_str("<table role=\"presentation\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" class=\"ink\" style=\"max-width:640px;text-align:left\"><tr><td>");
    if summary.logo {
        let _ = write!(
            out,
            "<img src=\"cid:logo\" alt=\"{}\" height=\"36\" style=\"display:block;max-height:36px;max-width:220px;margin:0 0 12px\">",
            escape(&summary.brand)
        );
    }
    let _ = write!(out, "<p class=\"faint\" style=\"margin:0 0 4px;font-size:14px;color:#51555d\">{}</p>", escape(&summary.brand));
    let _ = write!(
        out,
        "<h1 style=\"margin:0 0 4px;font-size:22px;line-height:1.25;{TEXT}border-bottom:3px solid {colour};padding-bottom:10px\">Backup Summary Report of {}</h1>",
        escape(&summary.organization)
    );
    if summary.test {
        out.push_str("<p style=\"margin:12px 0 0;font-size:14px\">This is a test that you sent to yourself.</p>");
    }
    let _ = write!(out, "<p style=\"margin:14px 0 4px;font-size:17px;line-height:1.4\"><strong>{}</strong></p>", escape(&summary.answer()));
    let _ = write!(
        out,
        "<p class=\"faint\" style=\"margin:0 0 18px;font-size:14px;line-height:1.5;color:#51555d\">{} ({}) · {} · made {}</p>",
        escape(&summary.month.range()),
        escape(&summary.zone),
        summary.numbers(),
        escape(&summary.made)
    );
    button(&mut out, &summary.portal, colour);
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
    out.push_str("</td></tr></table></td></tr></table></body></html>");
    out
}

fn is_colour(text: &str) -> bool {
    text.len() == 7 && text.starts_with('#') && text[1..].bytes().all(|b| b.is_ascii_hexdigit())
}

/// A link that looks as one may press it. White on a light colour would not be read: the words are in ink on paper, framed.
fn button(out: &mut String, place: &str, colour: &str) {
    let _ = write!(
        out,
        "<p style=\"margin:0 0 8px\"><a class=\"ink link\" href=\"{}\" style=\"display:inline-block;padding:10px 16px;border:2px solid {colour};border-radius:6px;font-size:15px;font-weight:600;text-decoration:none;color:#191b1f\">Open the reports in the portal</a></p>",
        escape(place)
    );
}

fn section(out: &mut String, words: &str) {
    let _ = write!(out, "<h2 style=\"margin:26px 0 6px;font-size:16px;{TEXT}\">{words}</h2>");
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
    let whole =
        if summary.attached { "The whole report is attached as PDF, and in the portal." } else { "The whole report is in the portal." };
    let _ = write!(out, "<p class=\"faint\" style=\"margin:24px 0 0;font-size:13px;line-height:1.5;color:#51555d\">{whole}");
    if let Some((hash, place)) = &summary.proof {
        let _ = write!(
            out,
            " Its data have the hash <a class=\"link\" href=\"{}\" style=\"color:#2c4fa3\"><code>{}…</code></a>, which can be verified.",
            escape(place),
            escape(hash)
        );
    }
    out.push_str("</p>");
    if !summary.footer.is_empty() {
        let _ = write!(out, "<p class=\"faint\" style=\"margin:10px 0 0;font-size:13px;color:#51555d\">{}</p>", escape(&summary.footer));
    }
    if let Some(url) = &summary.unsubscribe {
        let _ = write!(
            out,
            "<p class=\"faint\" style=\"margin:10px 0 0;font-size:13px;color:#51555d\">You get this because your provider registered your address. <a class=\"link\" href=\"{}\" style=\"color:#2c4fa3\">No more of these reports</a></p>",
            escape(url)
        );
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
