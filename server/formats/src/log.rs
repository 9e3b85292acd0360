//! The part of an output that is kept for people: head and tail, the tail larger, without progress lines and secrets.

use crate::{lines, redact::redact};

/// Bytes kept from the beginning.
pub const HEAD_LIMIT: usize = 16 * 1024;
/// Bytes kept from the end.
pub const TAIL_LIMIT: usize = 48 * 1024;
/// A longer line is cut.
const LINE_LIMIT: usize = 4 * 1024;

/// Both streams, one after the other, limited to head and tail; says in its middle how many bytes were left out.
pub fn excerpt(stdout: &str, stderr: &str) -> String {
    let mut whole = String::new();
    for stream in [stdout, stderr] {
        for line in stream.lines().filter(|line| !lines::is_progress(line)) {
            let line = line.rsplit('\r').find(|part| !part.is_empty()).unwrap_or_default();
            let kept = head_of(line, LINE_LIMIT);
            whole.extend(kept.chars().filter(|c| !c.is_control() || *c == '\t'));
            if kept.len() < line.len() {
                whole.push('…');
            }
            whole.push('\n');
        }
    }
    limited(&redact(&whole))
}

fn limited(text: &str) -> String {
    if text.len() <= HEAD_LIMIT + TAIL_LIMIT {
        return text.to_owned();
    }
    let head = head_of(text, HEAD_LIMIT);
    let head = head.rfind('\n').and_then(|end| head.get(..=end)).unwrap_or(head);
    let mut start = text.len() - TAIL_LIMIT;
    while !text.is_char_boundary(start) {
        start += 1;
    }
    let tail = text.get(start..).unwrap_or_default();
    let tail = tail.find('\n').and_then(|end| tail.get(end + 1..)).filter(|t| !t.is_empty()).unwrap_or(tail);
    format!("{head}[… {} bytes left out …]\n{tail}", text.len() - head.len() - tail.len())
}

/// The longest beginning of at most `limit` bytes that ends between characters.
pub(crate) fn head_of(text: &str, limit: usize) -> &str {
    let mut end = limit.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn head_and_tail_are_kept_and_the_gap_is_named() {
        let text: String = (0..20_000).map(|n| format!("line {n} äöü\n")).collect();
        let kept = excerpt(&text, "");
        assert!(kept.len() < HEAD_LIMIT + TAIL_LIMIT + 100, "{}", kept.len());
        assert!(kept.starts_with("line 0 äöü\nline 1 "));
        assert!(kept.ends_with("line 19999 äöü\n"));
        let gap = kept.lines().find(|line| line.contains("bytes left out")).unwrap_or_default();
        let left_out: usize = gap.split(' ').nth(1).and_then(|n| n.parse().ok()).unwrap_or(0);
        assert_eq!(kept.len() - gap.len() - 1 + left_out, text.len());
    }

    #[test]
    fn progress_and_terminal_codes_go() {
        let out = "{\"message_type\":\"status\",\"percent_done\":0.1}\n\u{7}10%\r20%\r100%\nend\n";
        assert_eq!(excerpt(out, "{\"type\": \"archive_progress\", \"nfiles\": 3}\nlast"), "100%\nend\nlast\n");
    }
}
