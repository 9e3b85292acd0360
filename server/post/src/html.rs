//! HTML for mail: text is escaped, and what stands in angle brackets is ours. Here is what all mails look alike in: tables, styles on the elements (some
//! programs drop the head), no scripts, nothing fetched from anywhere. Colours follow a dark theme where the program does.

use std::fmt::Write;

/// Text for HTML, in elements and in quoted attributes.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            letter if letter.is_control() => out.push(' '),
            letter => out.push(letter),
        }
    }
    out
}

const HEAD: &str = r#"<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark"><style>
:root { color-scheme: light dark; }
@media (prefers-color-scheme: dark) {
.paper, body { background: #16181c !important; }
.ink, .ink td, .ink th, h1, h2, p { color: #e9e9e6 !important; }
.faint, .ink td.faint { color: #b4b7bd !important; }
.line, .ink td.line { border-color: #3a3d44 !important; }
.link { color: #9db8ff !important; }
.ink .days td { color: #191b1f !important; }
}
@media (max-width: 480px) { .outer { padding: 12px !important; } .fact { display: block !important; padding-left: 0 !important; } }
</style>"#;

const TEXT: &str = "font-family:Inter,'Segoe UI',Helvetica,Arial,sans-serif;color:#191b1f;";

/// Where a mail begins.
pub(crate) struct Opening<'a> {
    /// Its subject.
    pub(crate) subject: &'a str,
    /// The answer to the first question; lists of mail show it beside the subject.
    pub(crate) answer: &'a str,
    /// The name at the head.
    pub(crate) brand: &'a str,
    /// The partner's logo is shown as `cid:logo`.
    pub(crate) logo: bool,
    /// The heading.
    pub(crate) heading: &'a str,
    /// `#rrggbb`, or anything else: the product's own.
    pub(crate) colour: &'a str,
    /// Somebody sends it to themselves.
    pub(crate) test: bool,
    /// What is below the answer, as HTML.
    pub(crate) facts: &'a str,
}

/// The document up to its facts. [`close`] ends it.
pub(crate) fn open(out: &mut String, opening: &Opening<'_>) {
    let colour = colour(opening.colour);
    let _ = write!(out, "<!DOCTYPE html><html lang=\"en\"><head><title>{}</title>{HEAD}</head>", escape(opening.subject));
    let _ = write!(out, "<body class=\"paper\" style=\"margin:0;background:#ffffff;{TEXT}\">");
    let _ = write!(out, "<div style=\"display:none;max-height:0;overflow:hidden\">{}</div>", escape(opening.answer));
    out.push_str("<table role=\"presentation\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\"><tr><td align=\"center\" class=\"outer\" style=\"padding:24px\">");
    out.push_str("<table role=\"presentation\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" class=\"ink\" style=\"max-width:640px;text-align:left\"><tr><td>");
    if opening.logo {
        let _ = write!(
            out,
            "<img src=\"cid:logo\" alt=\"{}\" height=\"36\" style=\"display:block;max-height:36px;max-width:220px;margin:0 0 12px\">",
            escape(opening.brand)
        );
    }
    let _ = write!(out, "<p class=\"faint\" style=\"margin:0 0 4px;font-size:14px;color:#51555d\">{}</p>", escape(opening.brand));
    let _ = write!(
        out,
        "<h1 style=\"margin:0 0 4px;font-size:22px;line-height:1.25;{TEXT}border-bottom:3px solid {colour};padding-bottom:10px\">{}</h1>",
        escape(opening.heading)
    );
    if opening.test {
        out.push_str("<p style=\"margin:12px 0 0;font-size:14px\">This is a test that you sent to yourself.</p>");
    }
    let _ = write!(out, "<p style=\"margin:14px 0 4px;font-size:17px;line-height:1.4\"><strong>{}</strong></p>", escape(opening.answer));
    let _ = write!(out, "<p class=\"faint\" style=\"margin:0 0 18px;font-size:14px;line-height:1.5;color:#51555d\">{}</p>", opening.facts);
}

/// A colour as it may stand in a style.
pub(crate) fn colour(text: &str) -> &str {
    let is_one = text.len() == 7 && text.starts_with('#') && text[1..].bytes().all(|b| b.is_ascii_hexdigit());
    if is_one { text } else { "#4338b8" }
}

/// A link that looks as one may press it. White on a light colour would not be read: the words are in ink on paper, framed.
pub(crate) fn button(out: &mut String, place: &str, words: &str, of: &str) {
    let _ = write!(
        out,
        "<p style=\"margin:0 0 8px\"><a class=\"ink link\" href=\"{}\" style=\"display:inline-block;padding:10px 16px;border:2px solid {};border-radius:6px;font-size:15px;font-weight:600;text-decoration:none;color:#191b1f\">{words}</a></p>",
        escape(place),
        colour(of)
    );
}

/// A heading within it.
pub(crate) fn section(out: &mut String, words: &str) {
    let _ = write!(out, "<h2 style=\"margin:26px 0 6px;font-size:16px;{TEXT}\">{words}</h2>");
}

/// A line at the foot, as HTML, so many units below what is above it.
pub(crate) fn fine(out: &mut String, above: u32, html: &str) {
    let _ = write!(out, "<p class=\"faint\" style=\"margin:{above}px 0 0;font-size:13px;line-height:1.5;color:#51555d\">{html}</p>");
}

/// A link among words.
pub(crate) fn link(place: &str, words: &str) -> String {
    format!("<a class=\"link\" href=\"{}\" style=\"color:#2c4fa3\">{}</a>", escape(place), escape(words))
}

/// The end of the document.
pub(crate) fn close(out: &mut String) {
    out.push_str("</td></tr></table></td></tr></table></body></html>");
}
