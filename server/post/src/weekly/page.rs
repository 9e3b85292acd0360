//! The summary as HTML for mail programs, in the look that all mails share ([`crate::html`]).

use super::{Weekly, change, word};
use crate::html::{Opening, button, close, escape, fine, link, open, section};
use domain::{health::Band, text::count};
use std::fmt::Write;

/// Paper of a band: light enough for the same ink everywhere, so that no program has to read a style, and told apart by lightness, too.
const fn paper(band: Band) -> &'static str {
    match band {
        Band::Healthy => "#c4ebdd",
        Band::Warning => "#f6d57a",
        Band::Critical => "#f0803c",
        Band::Unknown => "#d3d6dc",
    }
}

/// Width of the picture, and its height.
const PICTURE: (u32, u32) = (560, 120);

/// The document.
pub fn html(weekly: &Weekly) -> String {
    let mut out = String::with_capacity(24 << 10);
    let facts = format!("{} ({}) · as of {}", escape(&weekly.week), escape(&weekly.zone), escape(&weekly.made));
    let opening = Opening {
        subject: &weekly.subject(),
        answer: &weekly.answer(),
        brand: &weekly.brand,
        logo: weekly.logo,
        heading: "Weekly Health Summary",
        colour: &weekly.colour,
        test: weekly.test,
        facts: &facts,
    };
    open(&mut out, &opening);
    devices(&mut out, weekly);
    backups(&mut out, weekly);
    alerts(&mut out, weekly);
    lowest(&mut out, weekly);
    storage(&mut out, weekly);
    out.push_str("<div style=\"padding-top:22px\"></div>");
    button(&mut out, &weekly.portal, "Open the portal", &weekly.colour);
    foot(&mut out, weekly);
    close(&mut out);
    out
}

fn devices(out: &mut String, weekly: &Weekly) {
    let all = weekly.protected();
    section(out, &format!("Total devices protected: {}", count(all)));
    bar(out, weekly, all);
    out.push_str(
        "<table role=\"presentation\" class=\"days\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" style=\"margin:3px 0 0\"><tr>",
    );
    for (place, of) in weekly.bands.iter().enumerate() {
        if place > 0 {
            out.push_str("<td style=\"padding:0 0 0 3px\"></td>");
        }
        let change = of.before.map_or_else(String::new, |before| {
            format!("<span style=\"display:block;font-size:13px;line-height:1.4\">{}</span>", change(of.now, before))
        });
        let _ = write!(
            out,
            "<td width=\"25%\" valign=\"top\" bgcolor=\"{}\" style=\"padding:8px 10px;color:#191b1f\"><a href=\"{}\" style=\"color:#191b1f;text-decoration:none\"><strong style=\"display:block;font-size:22px;line-height:1.2\">{}</strong><span style=\"display:block;font-size:14px;line-height:1.4;text-decoration:underline\">{}</span>{change}</a></td>",
            paper(of.band),
            escape(&of.place),
            count(of.now),
            word(of.band)
        );
    }
    out.push_str("</tr></table>");
    let mut notes = Vec::new();
    notes.extend(weekly.since.as_ref().map(|since| format!("Changes since the summary of {}.", escape(since))));
    if weekly.paused > 0 {
        notes.push(format!("{} more paused.", count(weekly.paused)));
    }
    if !notes.is_empty() {
        fine(out, 6, &notes.join(" "));
    }
}

/// Shares of the bands, as cells. Each that holds anything is seen.
fn bar(out: &mut String, weekly: &Weekly, all: i64) {
    if all == 0 {
        return;
    }
    let told: Vec<String> = weekly.bands.iter().map(|of| format!("{} {}", count(of.now), word(of.band).to_lowercase())).collect();
    let _ = write!(
        out,
        "<table role=\"img\" aria-label=\"{}\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\"><tr style=\"font-size:1px;line-height:10px\">",
        told.join(", ")
    );
    for of in weekly.bands.iter().filter(|of| of.now > 0) {
        let _ = write!(out, "<td width=\"{}%\" bgcolor=\"{}\" height=\"10\">&nbsp;</td>", (of.now * 100 / all).max(1), paper(of.band));
    }
    out.push_str("</tr></table>");
}

fn line(out: &mut String, strong: &str, rest: &str) {
    let _ = write!(out, "<p style=\"margin:0 0 4px;font-size:15px;line-height:1.45\"><strong>{strong}</strong>");
    if !rest.is_empty() {
        let _ = write!(out, "<span class=\"fact faint\" style=\"padding-left:10px;font-size:14px;color:#51555d\">{rest}</span>");
    }
    out.push_str("</p>");
}

fn backups(out: &mut String, weekly: &Weekly) {
    section(out, "Job success rate of the week");
    let mut told = false;
    for (whose, of) in [("Devices: ", weekly.backups), ("SaaS accounts: ", weekly.saas)] {
        let Some((share, rest)) = Weekly::went(of) else { continue };
        told = true;
        line(out, &format!("{whose}{share}"), &rest);
    }
    if !told {
        line(out, "No backup was due.", "");
    }
}

/// An entry with a line above it: a link, facts beside it, and why.
fn entry(out: &mut String, place: &str, words: &str, facts: &str, why: &str) {
    let _ = write!(
        out,
        "<div class=\"line\" style=\"border-top:1px solid #d9d9d4;padding:8px 0\"><p style=\"margin:0;font-size:14px;line-height:1.45\"><strong style=\"word-break:break-word\">{}</strong><span class=\"fact faint\" style=\"padding-left:10px;color:#51555d\">{}</span></p><p class=\"faint\" style=\"margin:2px 0 0;font-size:13px;line-height:1.45;color:#51555d\">{}</p></div>",
        link(place, words),
        escape(facts),
        escape(why)
    );
}

fn alerts(out: &mut String, weekly: &Weekly) {
    section(out, &format!("New critical alerts: {}", weekly.became()));
    let _ = write!(
        out,
        "<p class=\"faint\" style=\"margin:0 0 8px;font-size:14px;color:#51555d\">{} the week before.</p>",
        count(weekly.critical.1)
    );
    for alert in &weekly.alerts {
        let resolved = if alert.resolved { " · resolved" } else { "" };
        let facts = format!("{} · {}{resolved}", alert.organization, alert.at);
        entry(out, &alert.place, &format!("{}: {}", alert.kind, alert.subject), &facts, &alert.why);
    }
    if weekly.critical.0 > i64::try_from(weekly.alerts.len()).unwrap_or(0) {
        let _ = write!(
            out,
            "<p style=\"margin:4px 0 0;font-size:14px\">{}</p>",
            link(&weekly.alerts_place, "All critical alerts that are open")
        );
    }
}

fn lowest(out: &mut String, weekly: &Weekly) {
    if weekly.lowest.is_empty() {
        return;
    }
    section(out, "Lowest health scores");
    out.push_str("<table role=\"presentation\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\">");
    for low in &weekly.lowest {
        let _ = write!(
            out,
            "<tr><td class=\"line\" width=\"44\" valign=\"top\" style=\"border-top:1px solid #d9d9d4;padding:9px 10px 9px 0\"><table role=\"presentation\" class=\"days\" cellpadding=\"0\" cellspacing=\"0\"><tr><td align=\"center\" width=\"40\" bgcolor=\"{}\" style=\"font-size:15px;line-height:24px;font-weight:600;color:#191b1f\">{}</td></tr></table></td>",
            paper(low.band),
            low.score
        );
        let _ = write!(
            out,
            "<td class=\"line\" valign=\"top\" style=\"border-top:1px solid #d9d9d4;padding:8px 0;font-size:14px;line-height:1.45\"><strong style=\"word-break:break-word\">{}</strong><span class=\"fact faint\" style=\"padding-left:10px;color:#51555d\">{} · {}</span><span class=\"faint\" style=\"display:block;font-size:13px;color:#51555d\">{}</span></td></tr>",
            link(&low.place, &low.name),
            escape(&low.organization),
            word(low.band),
            escape(&low.why)
        );
    }
    out.push_str("</table>");
}

/// The picture, its numbers to the left and its days below it.
fn storage(out: &mut String, weekly: &Weekly) {
    let Some(moved) = weekly.moved() else { return };
    section(out, "Storage usage trend");
    let _ = write!(out, "<p style=\"margin:0 0 8px;font-size:15px;line-height:1.45\">{}</p>", escape(&moved));
    let Some([top, middle, foot]) = &weekly.trend else { return };
    let word = "class=\"faint\" style=\"font-size:12px;line-height:1;color:#51555d;white-space:nowrap;padding-right:8px\"";
    let (wide, high) = PICTURE;
    let days = (weekly.storage.first(), weekly.storage.last());
    let _ = write!(
        out,
        "<table role=\"presentation\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\"><tr><td {word} valign=\"top\" align=\"right\">{}</td><td rowspan=\"3\" colspan=\"2\" width=\"100%\"><img src=\"cid:trend\" alt=\"{}\" width=\"{wide}\" height=\"{high}\" style=\"display:block;width:100%;height:auto\"></td></tr>",
        escape(top),
        escape(&weekly.trend_words())
    );
    let _ = write!(
        out,
        "<tr><td {word} valign=\"middle\" align=\"right\">{}</td></tr><tr><td {word} valign=\"bottom\" align=\"right\">{}</td></tr>",
        escape(middle),
        escape(foot)
    );
    if let (Some((first, _)), Some((last, _))) = days {
        let day = "class=\"faint\" style=\"font-size:12px;color:#51555d;padding-top:2px\"";
        let _ = write!(out, "<tr><td></td><td {day}>{}</td><td {day} align=\"right\">{}</td></tr>", escape(first), escape(last));
    }
    out.push_str("</table>");
}

fn foot(out: &mut String, weekly: &Weekly) {
    fine(out, 18, &format!("Who gets this, and when, is set in the portal: {}.", link(&weekly.settings_place, "Settings → Reports")));
    if !weekly.footer.is_empty() {
        fine(out, 10, &escape(&weekly.footer));
    }
    if let Some(url) = &weekly.unsubscribe {
        let words = format!(
            "You get this because somebody at {} registered your address. {}",
            escape(&weekly.partner),
            link(url, "No more of these summaries")
        );
        fine(out, 10, &words);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::weekly::tests::sample;

    #[test]
    fn all_six_contents_are_there_and_nothing_is_fetched() {
        let page = html(&sample());
        for heading in [
            "Total devices protected: 1,500",
            "Job success rate of the week",
            "New critical alerts: 7",
            "Lowest health scores",
            "Storage usage trend",
        ] {
            assert!(page.contains(heading), "{heading}");
        }
        assert!(page.contains("aria-label=\"1,420 healthy, 38 warning, 12 critical, 30 unknown\""));
        assert!(page.contains("src=\"cid:trend\" alt=\"Storage from 10.0 TiB on 11 Oct to 12.5 TiB on 15 Nov\""));
        assert!(page.contains("Müller &amp; Söhne &lt;GmbH&gt;") && !page.contains("<GmbH>"));
        assert!(page.contains("href=\"UNSUBSCRIBE-LINK\""));
        for fetched in ["<script", "<link", "src=\"http", "url("] {
            assert!(!page.contains(fetched), "{fetched}");
        }
        // An element a line: a change is seen where it is.
        insta::assert_snapshot!(page.replace("><", ">\n<"));
    }

    #[test]
    fn what_is_not_there_takes_no_room() {
        let mut weekly = sample();
        weekly.storage.clear();
        weekly.trend = None;
        weekly.lowest.clear();
        weekly.unsubscribe = None;
        let page = html(&weekly);
        for left in ["Storage", "Lowest", "cid:", "No more of these"] {
            assert!(!page.contains(left), "{left}");
        }
    }
}
