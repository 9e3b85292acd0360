//! Cuts an output into JSON values and lines of text, in order, whatever is mixed into what: JSON lines, JSON printed
//! over many lines, text between them, cut-off ends. Not for judging what they mean.

use serde_json::Value;

/// One piece of an output.
pub(crate) enum Piece<'a> {
    /// An object, or an array of objects.
    Json(Value),
    /// A line of text, never empty, without its end.
    Text(&'a str),
}

/// How often an unfinished `{` or `[` may be looked for its end further down; bounds the work on hostile input.
const MAX_SPANNING: u32 = 32;

/// All pieces of both streams, the first stream first.
pub(crate) fn pieces<'a>(stdout: &'a str, stderr: &'a str) -> impl Iterator<Item = Piece<'a>> {
    Pieces::of(stdout).chain(Pieces::of(stderr))
}

/// A line's end for text: terminals' carriage returns and colours removed.
pub(crate) fn plain(line: &str) -> &str {
    let line = line.trim_end();
    // A progress bar rewrites its line: the last state counts.
    line.rsplit('\r').next().unwrap_or(line).trim_start_matches("\u{1b}[2K").trim()
}

/// Whether a line only tells how far a tool is.
pub(crate) fn is_progress(line: &str) -> bool {
    let line = line.trim_start();
    if !line.starts_with('{') {
        return false;
    }
    let head: String = line.chars().take(400).filter(|c| !c.is_whitespace()).collect();
    if head.contains("\"message_type\":\"status\"") || head.contains("\"message_type\":\"verbose_status\"") {
        return true;
    }
    if !line.contains("_progress\"") && !line.contains("\"progress_") {
        return false;
    }
    ["archive_progress", "progress_percent", "progress_message"]
        .iter()
        .any(|kind| line.contains(&format!("\"type\": \"{kind}\"")) || line.contains(&format!("\"type\":\"{kind}\"")))
}

struct Pieces<'a> {
    rest: &'a str,
    spanning: u32,
}

impl<'a> Pieces<'a> {
    const fn of(text: &'a str) -> Self {
        Self { rest: text, spanning: 0 }
    }

    /// A JSON value at the beginning of what is left, and its length.
    fn json(&mut self, line_length: usize) -> Option<(Value, usize)> {
        let line = self.rest.get(..line_length)?;
        match first_value(line) {
            Ok(found) => found,
            Err(unfinished) if unfinished && self.spanning < MAX_SPANNING => {
                self.spanning += 1;
                let found = first_value(self.rest).ok().flatten();
                if found.is_some() {
                    self.spanning -= 1;
                }
                found
            }
            Err(_) => None,
        }
    }
}

/// The first value of a text if it is an object or an array of objects; `Err(true)`: it has no end in this text.
fn first_value(text: &str) -> Result<Option<(Value, usize)>, bool> {
    let mut stream = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    match stream.next() {
        Some(Ok(value)) => {
            let fits = match &value {
                Value::Object(_) => true,
                Value::Array(items) => items.iter().all(Value::is_object),
                _ => false,
            };
            Ok(fits.then(|| (value, stream.byte_offset())))
        }
        Some(Err(error)) => Err(error.is_eof()),
        None => Ok(None),
    }
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        loop {
            self.rest = self.rest.trim_start();
            if self.rest.is_empty() {
                return None;
            }
            let line_length = self.rest.find('\n').unwrap_or(self.rest.len());
            if self.rest.starts_with(['{', '['])
                && let Some((value, length)) = self.json(line_length)
            {
                self.rest = self.rest.get(length..).unwrap_or_default();
                return Some(Piece::Json(value));
            }
            let line = plain(self.rest.get(..line_length).unwrap_or_default());
            self.rest = self.rest.get(line_length..).unwrap_or_default();
            if !line.is_empty() {
                return Some(Piece::Text(line));
            }
        }
    }
}

/// A text of an object.
pub(crate) fn text<'v>(value: &'v Value, key: &str) -> Option<&'v str> {
    value.get(key)?.as_str()
}

/// A whole number of an object, not below zero; fractions are cut off.
pub(crate) fn number(value: &Value, key: &str) -> Option<i64> {
    let value = value.get(key)?;
    let number = value.as_i64().or_else(|| {
        #[expect(clippy::cast_possible_truncation, reason = "float to integer casts saturate, and figures this large are nonsense anyway")]
        value.as_f64().filter(|f| f.is_finite()).map(|f| f as i64)
    })?;
    (number >= 0).then_some(number)
}

/// A length of time of an object, in seconds with a fraction, as whole milliseconds; at most a year.
pub(crate) fn seconds(value: &Value, key: &str) -> Option<i64> {
    let seconds = value.get(key)?.as_f64().filter(|s| (0.0..=31_536_000.0).contains(s))?;
    #[expect(clippy::cast_possible_truncation, reason = "bounded by the line above")]
    Some((seconds * 1000.0).round() as i64)
}

/// A size as people read it: `195.312 KiB`, `3 B`, `1.78 kB`, in bytes.
pub(crate) fn size(text: &str) -> Option<i64> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.' && c != ',')?;
    let number: f64 = text.get(..end)?.replace(',', "").parse().ok()?;
    let unit = text.get(end..)?.trim().split(|c: char| !c.is_ascii_alphabetic()).next()?;
    let factor = match unit {
        "B" | "Bytes" => 1.0,
        "kB" | "KB" => 1e3,
        "MB" => 1e6,
        "GB" => 1e9,
        "TB" => 1e12,
        "PB" => 1e15,
        "KiB" => 1024.0,
        "MiB" => 1_048_576.0,
        "GiB" => 1_073_741_824.0,
        "TiB" => 1_099_511_627_776.0,
        "PiB" => 1_125_899_906_842_624.0,
        _ => return None,
    };
    let bytes = number * factor;
    #[expect(clippy::cast_possible_truncation, reason = "bounded by the condition")]
    (0.0..9e18).contains(&bytes).then(|| bytes.round() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> String {
        Pieces::of(text)
            .map(|p| match p {
                Piece::Json(v) => format!("J{}", v.to_string().len()),
                Piece::Text(t) => format!("T[{t}]"),
            })
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn json_over_lines_and_text_are_told_apart() {
        assert_eq!(
            kinds("hello\n{\n \"a\": 1\n}\n[0:00] 100.00%  2 / 2\n{\"b\":2}{\"c\":3} tail\n[{}]\n[1]\n{\"cut\": "),
            "T[hello] J7 T[[0:00] 100.00%  2 / 2] J7 J7 T[tail] J4 T[[1]] T[{\"cut\":]"
        );
        assert_eq!(kinds(""), "");
        assert_eq!(kinds("a\rb\rc\r\n\n"), "T[c]");
    }

    #[test]
    fn hostile_brackets_cost_little() {
        let text = "[\n".repeat(100_000);
        assert_eq!(Pieces::of(&text).count(), 100_000);
    }

    #[test]
    fn sizes_are_read_in_both_systems() {
        assert_eq!(size("195.312 KiB in 0:00"), Some(199_999));
        assert_eq!(size("3 B"), Some(3));
        assert_eq!(size("1.78 kB"), Some(1_780));
        assert_eq!(size("12 parsecs"), None);
        assert_eq!(size(""), None);
    }
}
