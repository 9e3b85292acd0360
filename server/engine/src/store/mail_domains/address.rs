//! Addresses and domains of mail as they are stored and compared: domains in lower case and ASCII (`xn--…` for other letters).

use crate::error::Error;
use std::net::IpAddr;

/// Longest address of mail, in bytes.
const LONGEST: usize = 254;
/// Longest part before the `@`.
const LONGEST_LOCAL: usize = 64;

/// A domain as typed (`@Example.com`, `https://example.com/`, `müller.example`) → `example.com`. None: it is none.
pub(crate) fn domain(typed: &str) -> Option<String> {
    let typed = typed.trim();
    let typed = typed.strip_prefix("https://").or_else(|| typed.strip_prefix("http://")).unwrap_or(typed);
    let typed = typed.trim_start_matches('@').trim_end_matches(['/', '.']);
    let ascii = idna::domain_to_ascii_strict(typed).ok()?;
    let last = ascii.rsplit('.').next().unwrap_or_default();
    let fits = ascii.contains('.') && !last.bytes().all(|b| b.is_ascii_digit()) && ascii.parse::<IpAddr>().is_err();
    fits.then_some(ascii)
}

/// An address with its domain apart. The part before the `@` stays as it was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    pub(crate) whole: String,
    pub(crate) domain: String,
}

impl Address {
    /// What was typed, at a field of the input.
    pub(crate) fn read(field: &'static str, typed: &str) -> Result<Self, Error> {
        Self::known(typed).ok_or_else(|| {
            let typed = typed.trim();
            Error::invalid(
                "invalid_email",
                field,
                format!("`{typed}` is no e-mail address. Give a full one, for example `ada@example.org`."),
            )
        })
    }

    /// An address, if it is one.
    pub(crate) fn known(typed: &str) -> Option<Self> {
        let (local, host) = typed.trim().rsplit_once('@')?;
        // Quoted local parts exist in books only; letters outside of ASCII need a mail server that few have.
        let fits = (1..=LONGEST_LOCAL).contains(&local.len())
            && local.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~.".contains(&b))
            && !local.starts_with('.')
            && !local.ends_with('.')
            && !local.contains("..");
        let domain = domain(host).filter(|_| fits && !host.contains('/'))?;
        let whole = format!("{local}@{domain}");
        (whole.len() <= LONGEST).then_some(Self { whole, domain })
    }

    /// Whether both mean the same mailbox: servers that tell upper from lower case are not met.
    pub(crate) fn same(&self, other: &Self) -> bool {
        self.whole.eq_ignore_ascii_case(&other.whole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_is_taken_as_people_write_it() {
        for (typed, is) in [
            ("Example.COM", Some("example.com")),
            (" @example.com ", Some("example.com")),
            ("https://example.com/", Some("example.com")),
            ("example.com.", Some("example.com")),
            ("müller.example", Some("xn--mller-kva.example")),
            ("mail.kunde.co.uk", Some("mail.kunde.co.uk")),
            ("example", None),
            ("exa mple.com", None),
            ("exa_mple.com", None),
            ("192.0.2.7", None),
            ("a..b", None),
            ("", None),
            ("example.com/path", None),
            ("ada@example.com", None),
        ] {
            assert_eq!(domain(typed).as_deref(), is, "{typed}");
        }
    }

    #[test]
    fn an_address_has_a_mailbox_and_a_domain() {
        let whole = |typed: &str| Address::known(typed).map(|address| address.whole);
        assert_eq!(whole(" Ada.L+reports@Example.ORG "), Some("Ada.L+reports@example.org".to_owned()));
        assert_eq!(whole("ada@müller.example"), Some("ada@xn--mller-kva.example".to_owned()));
        for typed in
            ["ada", "ada@", "@example.org", "ada@@example.org", "a da@example.org", "ada.@example.org", "<ada@example.org>", "ada@org"]
        {
            assert_eq!(whole(typed), None, "{typed}");
        }
        let long = format!("{}@example.org", "a".repeat(65));
        assert_eq!(whole(&long), None);
    }
}
