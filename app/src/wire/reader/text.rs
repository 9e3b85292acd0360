//! The text itself: marks, words, numbers and texts, one after the other.

use serde::de::{Error as _, value::Error};
use std::borrow::Cow;

/// Text that is read from front to back.
pub(super) struct Text<'a> {
    pub(super) text: &'a str,
    /// Bytes that are read.
    pub(super) at: usize,
}

pub(super) enum Number {
    Natural(u64),
    Negative(i64),
    Broken(f64),
}

impl<'a> Text<'a> {
    /// Passes white space over; none at the end.
    pub(super) fn next_byte(&mut self) -> Option<u8> {
        let rest = self.text.as_bytes().get(self.at..)?;
        self.at += rest.iter().position(|byte| !byte.is_ascii_whitespace()).unwrap_or(rest.len());
        self.text.as_bytes().get(self.at).copied()
    }

    /// Takes the mark if it comes next.
    pub(super) fn has(&mut self, mark: u8) -> bool {
        let is_next = self.next_byte() == Some(mark);
        self.at += usize::from(is_next);
        is_next
    }

    pub(super) fn mark(&mut self, mark: u8, wanted: &str) -> Result<(), Error> {
        if self.has(mark) { Ok(()) } else { Err(self.is_not(wanted)) }
    }

    pub(super) fn word(&mut self, word: &str) -> bool {
        let is_next = self.next_byte().is_some() && self.text[self.at..].starts_with(word);
        self.at += if is_next { word.len() } else { 0 };
        is_next
    }

    pub(super) fn number(&mut self) -> Result<Number, Error> {
        let wanted = "a number";
        if self.next_byte().is_none() {
            return Err(self.is_not(wanted));
        }
        let rest = &self.text[self.at..];
        let digits = &rest[..rest.find(|c: char| !matches!(c, '0'..='9' | '-' | '+' | '.' | 'e' | 'E')).unwrap_or(rest.len())];
        let number = digits.parse().map(Number::Natural).or_else(|_| digits.parse().map(Number::Negative));
        // Rare, and the library has a table for it already.
        let number = number.or_else(|_| serde_json::from_str(digits).map(Number::Broken)).map_err(|_| self.is_not(wanted))?;
        self.at += digits.len();
        Ok(number)
    }

    pub(super) fn string(&mut self) -> Result<Cow<'a, str>, Error> {
        self.mark(b'"', "text")?;
        let rest = &self.text[self.at..];
        let mut is_escaped = false;
        let mut bytes = rest.bytes().enumerate();
        let end = loop {
            match bytes.next() {
                Some((end, b'"')) => break end,
                Some((_, b'\\')) => {
                    is_escaped = true;
                    bytes.next();
                }
                Some(_) => {}
                None => return Err(self.is_not("text with an end")),
            }
        };
        let begun = self.at - 1;
        self.at += end + 1;
        if is_escaped {
            // Rare: the library knows all escapes.
            return serde_json::from_str(&self.text[begun..self.at]).map(Cow::Owned).map_err(Error::custom);
        }
        Ok(Cow::Borrowed(&rest[..end]))
    }

    /// Passes one value over.
    pub(super) fn skip(&mut self) -> Result<(), Error> {
        let mut depth = 0_usize;
        loop {
            match self.next_byte() {
                Some(b'"') => {
                    self.string()?;
                }
                Some(b'{' | b'[') => {
                    depth += 1;
                    self.at += 1;
                }
                Some(b'}' | b']') if depth > 0 => {
                    depth -= 1;
                    self.at += 1;
                }
                Some(b',' | b':') if depth > 0 => self.at += 1,
                Some(b't' | b'f' | b'n') if self.word("true") || self.word("false") || self.word("null") => {}
                _ => {
                    self.number()?;
                }
            }
            if depth == 0 {
                return Ok(());
            }
        }
    }

    /// Goes to the value of a field; false if the object hasn't one of that name.
    #[cfg(feature = "hydrate")]
    pub(super) fn enter(&mut self, name: &str) -> Result<bool, Error> {
        self.mark(b'{', "an object")?;
        loop {
            let found = self.string()? == name;
            self.mark(b':', "a colon")?;
            if found {
                return Ok(true);
            }
            self.skip()?;
            if !self.has(b',') {
                return Ok(false);
            }
        }
    }

    /// Before an item or a field: false at the end.
    pub(super) fn goes_on(&mut self, is_first: &mut bool, end: u8) -> Result<bool, Error> {
        if self.next_byte() == Some(end) {
            return Ok(false);
        }
        if !std::mem::take(is_first) {
            self.mark(b',', "a comma")?;
        }
        Ok(true)
    }

    pub(super) fn is_not(&self, wanted: &str) -> Error {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let found: String = rest.chars().take(12).collect();
        let found = if found.is_empty() { "the end" } else { &found };
        Error::custom(format_args!("expected {wanted}, found {found} at {}", self.at))
    }
}
