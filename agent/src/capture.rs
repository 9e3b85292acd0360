//! Passes a command's output through, byte for byte and at once, and keeps head and tail of it for reading afterwards.
//! Nothing that goes wrong on our side of the pipe stops the command: it is drained to its end.

use std::{
    collections::VecDeque,
    io::{ErrorKind, Read, Write},
    sync::{Arc, Mutex, PoisonError},
};

/// Bytes of lines kept from the beginning, and from the end.
const HEAD: usize = 256 << 10;
const TAIL: usize = 512 << 10;
/// Of a longer line only the beginning is kept.
const MAX_LINE: usize = 256 << 10;

/// What a line is worth once the command has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Worth {
    Keep,
    /// Only the last of its sort counts.
    Last,
    Nothing,
}

/// The lines kept of one stream.
#[derive(Default)]
struct Lines {
    head: Vec<u8>,
    head_full: bool,
    tail: VecDeque<Vec<u8>>,
    tail_bytes: usize,
    last: Vec<u8>,
}

impl Lines {
    fn add(&mut self, line: &[u8]) {
        if !self.head_full && self.head.len() + line.len() < HEAD {
            self.head.extend_from_slice(line);
            self.head.push(b'\n');
            return;
        }
        self.head_full = true;
        self.tail_bytes += line.len() + 1;
        self.tail.push_back(line.to_vec());
        while self.tail_bytes > TAIL {
            let Some(old) = self.tail.pop_front() else { break };
            self.tail_bytes -= old.len() + 1;
        }
    }

    fn text(&self) -> String {
        let mut text = String::from_utf8_lossy(&self.head).into_owned();
        for line in &self.tail {
            text.push_str(&String::from_utf8_lossy(line));
            text.push('\n');
        }
        if !self.last.is_empty() {
            text.push_str(&String::from_utf8_lossy(&self.last));
            text.push('\n');
        }
        text
    }
}

/// What has been kept so far of one stream; may be asked while the stream still runs.
#[derive(Clone, Default)]
pub(crate) struct Kept(Arc<Mutex<Lines>>);

impl Kept {
    pub(crate) fn text(&self) -> String {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).text()
    }

    fn add(&self, line: &[u8], worth: Worth) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match worth {
            Worth::Keep => lines.add(line),
            Worth::Last => lines.last = line.to_vec(),
            Worth::Nothing => {}
        }
    }
}

/// Copies until the end. `watch` sees every line, and says what it is worth.
pub(crate) fn pass_through(mut from: impl Read, mut to: Option<impl Write>, kept: &Kept, mut watch: impl FnMut(&str) -> Worth) {
    let mut buffer = vec![0u8; 64 << 10];
    let mut line: Vec<u8> = Vec::new();
    loop {
        let count = match from.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(_) => break,
        };
        let chunk = buffer.get(..count).unwrap_or_default();
        if to.as_mut().is_some_and(|to| to.write_all(chunk).is_err()) {
            // Nobody listens any more: the backup goes on.
            to = None;
        }
        for part in chunk.split_inclusive(|byte| *byte == b'\n') {
            let (text, ends) = part.strip_suffix(b"\n").map_or((part, false), |text| (text, true));
            let room = MAX_LINE.saturating_sub(line.len()).min(text.len());
            line.extend_from_slice(text.get(..room).unwrap_or_default());
            if ends {
                keep(&line, kept, &mut watch);
                line.clear();
            }
        }
    }
    if !line.is_empty() {
        keep(&line, kept, &mut watch);
    }
}

fn keep(line: &[u8], kept: &Kept, watch: &mut impl FnMut(&str) -> Worth) {
    kept.add(line, watch(&String::from_utf8_lossy(line)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_pass_unchanged_and_lines_are_kept() {
        let bytes: Vec<u8> = (0..=255u8).cycle().take(200_000).collect();
        let (mut out, kept) = (Vec::new(), Kept::default());
        pass_through(bytes.as_slice(), Some(&mut out), &kept, |_| Worth::Keep);
        assert_eq!(out, bytes);
        assert!(!kept.text().is_empty());
    }

    #[test]
    fn head_and_tail_stay_within_limits_whatever_comes() {
        let text: String = (0..400_000).map(|n| format!("line {n}\n")).collect();
        let kept = Kept::default();
        pass_through(text.as_bytes(), None::<Vec<u8>>, &kept, |line| if line.ends_with('7') { Worth::Last } else { Worth::Keep });
        let text = kept.text();
        assert!(text.starts_with("line 0\nline 1\n") && text.ends_with("line 399999\nline 399997\n") && !text.contains("line 17\n"));
        assert!(text.len() <= HEAD + TAIL + 20);
        let endless = Kept::default();
        pass_through(vec![b'x'; 4 << 20].as_slice(), None::<Vec<u8>>, &endless, |_| Worth::Keep);
        assert!(endless.text().len() <= MAX_LINE + 1);
    }
}
