//! What a mail server answers (RFC 5321, RFC 3463), and what follows from it for the copy at this step.
//!
//! Only a refusal of the recipient blames the address. What is refused before it is between us and our mail server – settings, a full
//! queue – and is tried again, so that one wrong setting stops no address and loses no mail; what is refused after it concerns the message.

/// Longest answer that is read, in bytes.
pub const LONGEST: usize = 16 << 10;

/// An answer: a code and its lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// Three digits.
    pub code: u16,
    /// The text of each line.
    pub lines: Vec<String>,
}

/// Not an answer of a mail server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("what answers isn't a mail server")]
pub struct NotAReply;

/// The steps of a conversation, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// The greeting.
    Greeting,
    /// EHLO.
    Hello,
    /// STARTTLS.
    Secure,
    /// AUTH.
    SignIn,
    /// MAIL FROM.
    Sender,
    /// RCPT TO.
    Recipient,
    /// DATA.
    Data,
    /// The message's last line.
    End,
}

impl Step {
    /// Its name for people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Greeting => "greeting",
            Self::Hello => "EHLO",
            Self::Secure => "STARTTLS",
            Self::SignIn => "AUTH",
            Self::Sender => "MAIL FROM",
            Self::Recipient => "RCPT TO",
            Self::Data => "DATA",
            Self::End => "end of the message",
        }
    }
}

/// What follows for the copy from an answer that is no yes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Tried again later.
    Later,
    /// The address takes no mail.
    NoSuchAddress,
    /// The message isn't taken.
    Refused,
}

impl Reply {
    /// Reads an answer from the beginning of what has come so far; none: there is more to come. With the bytes it takes.
    ///
    /// # Errors
    /// It isn't one, or is longer than [`LONGEST`].
    pub fn read(buffer: &[u8]) -> Result<Option<(Self, usize)>, NotAReply> {
        let (mut lines, mut taken, mut code) = (Vec::new(), 0, None);
        while let Some(end) = buffer[taken..].iter().position(|byte| *byte == b'\n') {
            let line = &buffer[taken..taken + end];
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            taken += end + 1;
            let (digits, rest) = line.split_at_checked(3).ok_or(NotAReply)?;
            let this = std::str::from_utf8(digits).ok().and_then(|text| text.parse::<u16>().ok()).filter(|code| (200..600).contains(code));
            let this = this.ok_or(NotAReply)?;
            if code.replace(this).is_some_and(|before| before != this) {
                return Err(NotAReply);
            }
            let (last, text) = match rest.split_first() {
                None => (true, &[][..]),
                Some((b' ', text)) => (true, text),
                Some((b'-', text)) => (false, text),
                Some(_) => return Err(NotAReply),
            };
            lines.push(String::from_utf8_lossy(text).trim().to_owned());
            if last {
                return Ok(Some((Self { code: this, lines }, taken)));
            }
        }
        if buffer.len() > LONGEST { Err(NotAReply) } else { Ok(None) }
    }

    /// Yes, or go on.
    pub const fn is_yes(&self) -> bool {
        self.code < 400
    }

    /// Code and text in one line; an enhanced code that each line repeats is said once.
    pub fn said(&self) -> String {
        let repeated = self.enhanced().map(|(class, subject, detail)| format!("{class}.{subject}.{detail} "));
        let mut said = self.code.to_string();
        for (place, line) in self.lines.iter().enumerate() {
            let line = match &repeated {
                Some(repeated) if place > 0 => line.strip_prefix(repeated.as_str()).unwrap_or(line),
                _ => line,
            };
            if !line.is_empty() {
                said.push(' ');
                said.push_str(line);
            }
        }
        said
    }

    /// The enhanced status code, where one is given that agrees with the code.
    pub fn enhanced(&self) -> Option<(u16, u16, u16)> {
        let word = self.lines.first()?.split_whitespace().next()?;
        status(word).filter(|(class, ..)| *class == self.code / 100)
    }

    /// What follows for the copy.
    pub fn verdict(&self, step: Step) -> Verdict {
        let lasting = self.code >= 500;
        match step {
            _ if !lasting => Verdict::Later,
            Step::Greeting | Step::Hello | Step::Secure | Step::SignIn | Step::Sender => Verdict::Later,
            // Policy (5.7.x): the mail server doesn't want it of us. That may be a setting, and says nothing of the address.
            Step::Recipient if self.enhanced().is_some_and(|(_, subject, _)| subject == 7) => Verdict::Later,
            Step::Recipient => Verdict::NoSuchAddress,
            Step::Data | Step::End => Verdict::Refused,
        }
    }
}

/// `5.1.1` taken apart.
pub(crate) fn status(word: &str) -> Option<(u16, u16, u16)> {
    let mut parts = word.split('.').map(|part| part.parse::<u16>().ok().filter(|n| *n < 1_000));
    let read = (parts.next()??, parts.next()??, parts.next()??);
    (parts.next().is_none() && matches!(read.0, 2 | 4 | 5)).then_some(read)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn reply(text: &str) -> Reply {
        Reply::read(text.as_bytes()).unwrap().unwrap().0
    }

    #[test]
    fn an_answer_is_read_when_its_last_line_has_come_and_takes_no_more_than_its_own() {
        for (text, wanted) in
            [("250", None), ("250-a\r\n", None), ("250-a\r\n250 b\r\n220 ", Some(14)), ("354\r\n", Some(5)), ("250 x\n", Some(6))]
        {
            assert_eq!(Reply::read(text.as_bytes()).unwrap().map(|(_, taken)| taken), wanted, "{text:?}");
        }
        assert_eq!(reply("250-one\r\n250 two\r\n").lines, ["one", "two"]);
        for wrong in ["HTTP/1.1 400 Bad\r\n", "25\r\n", "250-a\r\n251 b\r\n", "999 x\r\n", "250_x\r\n"] {
            assert_eq!(Reply::read(wrong.as_bytes()), Err(NotAReply), "{wrong:?}");
        }
        assert_eq!(Reply::read(&vec![b'2'; LONGEST + 1]), Err(NotAReply), "nobody fills our memory");
    }

    #[test]
    fn what_was_said_is_one_line_and_no_code_is_said_twice() {
        assert_eq!(reply("550-5.1.1 The account\r\n550 5.1.1 is not here\r\n").said(), "550 5.1.1 The account is not here");
        assert_eq!(reply("421 \r\n").said(), "421");
    }

    #[test]
    fn the_table_of_steps_and_answers() {
        use Step::{Data, End, Greeting, Hello, Recipient, Secure, Sender, SignIn};
        use Verdict::{Later, NoSuchAddress, Refused};
        for (step, text, wanted) in [
            (Greeting, "554 no service\r\n", Later),
            (Hello, "502 what?\r\n", Later),
            (Secure, "454 4.7.0 TLS not available\r\n", Later),
            (SignIn, "535 5.7.8 wrong password\r\n", Later),
            (Sender, "553 5.1.8 sender unknown\r\n", Later),
            (Recipient, "450 4.2.0 greylisted\r\n", Later),
            (Recipient, "550 5.1.1 no such user\r\n", NoSuchAddress),
            (Recipient, "550 no such user\r\n", NoSuchAddress),
            (Recipient, "552 5.2.2 mailbox full\r\n", NoSuchAddress),
            (Recipient, "554 5.7.1 relay access denied\r\n", Later),
            (Data, "554 5.5.1 no valid recipients\r\n", Refused),
            (Data, "451 4.3.0 busy\r\n", Later),
            (End, "552 5.3.4 too big\r\n", Refused),
            (End, "451 4.3.0 disk full\r\n", Later),
        ] {
            assert_eq!(reply(text).verdict(step), wanted, "{} {text}", step.name());
        }
    }
}
