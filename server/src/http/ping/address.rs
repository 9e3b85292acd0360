//! What the address of a ping names: a target by its uuid, or by a key and a slug; and what its query asks for.

use std::borrow::Cow;

pub(super) enum Address<'a> {
    Uuid(&'a str),
    Slug(&'a str, &'a str),
}

/// What a query string may hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) rid: Option<String>,
    pub(super) create: bool,
}

pub(super) fn asked(query: &str) -> Result<Asked, &'static str> {
    let mut asked = Asked::default();
    for pair in query.split('&') {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        match name {
            "rid" if is_uuid(value) => asked.rid = Some(Cow::Borrowed(value).to_ascii_lowercase()),
            "rid" => return Err("invalid uuid format"),
            "create" => asked.create = value == "1",
            _ => {}
        }
    }
    Ok(asked)
}

pub(super) fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(place, byte)| match place {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn a_run_id_is_a_uuid() {
        let rid = "4a1b6f0e-7c1d-4e9a-9a6f-0e1d2c3b4a59";
        assert_eq!(asked(&format!("create=1&rid={rid}")).unwrap(), Asked { rid: Some(rid.to_owned()), create: true });
        assert!(asked("rid=7").is_err());
        assert_eq!(asked("").unwrap(), Asked::default());
    }
}
