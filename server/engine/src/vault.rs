//! Secrets at rest: sealed with a key that is not in the database (XChaCha20-Poly1305).
//!
//! A sealed text names its key and belongs to one place: moved to another row it doesn't open. The first key seals, all of them open, so
//! that a key is replaced by putting a new one in front; what is sealed anew carries it.

use crate::error::Error;
use chacha20poly1305::{
    Key, KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use std::{fmt, sync::Arc};

/// Layout of a sealed text: this byte, length of the key's id, the id, the nonce, the rest.
const VERSION: u8 = 1;
const NONCE: usize = 24;
/// Longest id of a key.
const LONGEST_ID: usize = 64;

/// Keys by id, the sealing one first. Cheap to clone; shown in no log.
#[derive(Clone)]
pub struct Vault(Arc<[(String, XChaCha20Poly1305)]>);

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(id, _)| id)).finish()
    }
}

impl Vault {
    /// Of these keys; none when there is no key, or an id is empty, doubled or longer than 64 bytes.
    pub fn new(keys: impl IntoIterator<Item = (String, [u8; 32])>) -> Option<Self> {
        let keys: Vec<_> = keys.into_iter().map(|(id, key)| (id, XChaCha20Poly1305::new(&Key::from(key)))).collect();
        let wrong = |(place, (id, _)): (usize, &(String, XChaCha20Poly1305))| {
            id.is_empty() || id.len() > LONGEST_ID || keys.iter().take(place).any(|(other, _)| other == id)
        };
        if keys.is_empty() || keys.iter().enumerate().any(wrong) { None } else { Some(Self(keys.into())) }
    }

    /// Seals for `place`, for example `tokens:1:2`.
    ///
    /// # Errors
    /// The text is longer than the cipher takes (256 GiB).
    pub fn seal(&self, place: &str, text: &[u8]) -> Result<Vec<u8>, Error> {
        let (id, cipher) = self.0.first().ok_or_else(|| Error::Internal("no key to seal with".into()))?;
        let mut nonce = [0u8; NONCE];
        rand::fill(&mut nonce);
        let payload = Payload { msg: text, aad: place.as_bytes() };
        let body = cipher.encrypt(&XNonce::from(nonce), payload).map_err(|_| Error::Internal("sealing failed".into()))?;
        let mut sealed = Vec::with_capacity(2 + id.len() + NONCE + body.len());
        sealed.extend([VERSION, u8::try_from(id.len()).unwrap_or_default()]);
        sealed.extend_from_slice(id.as_bytes());
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(&body);
        Ok(sealed)
    }

    /// Opens what was sealed for `place`.
    ///
    /// # Errors
    /// Its key isn't there, or it was sealed for another place, or changed.
    pub fn open(&self, place: &str, sealed: &[u8]) -> Result<Vec<u8>, Error> {
        let broken = || Error::Internal(format!("sealed text of {place} is broken"));
        let (&version, rest) = sealed.split_first().ok_or_else(broken)?;
        let (&length, rest) = rest.split_first().ok_or_else(broken)?;
        let (id, rest) = rest.split_at_checked(length.into()).ok_or_else(broken)?;
        let (nonce, body) = rest.split_first_chunk::<NONCE>().ok_or_else(broken)?;
        if version != VERSION {
            return Err(broken());
        }
        let Some((_, cipher)) = self.0.iter().find(|(known, _)| known.as_bytes() == id) else {
            let id = String::from_utf8_lossy(id);
            return Err(Error::Internal(format!("the secrets file lacks the key `{id}` that {place} was sealed with")));
        };
        cipher.decrypt(&XNonce::from(*nonce), Payload { msg: body, aad: place.as_bytes() }).map_err(|_| broken())
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn vault(ids: &[(&str, u8)]) -> Vault {
        Vault::new(ids.iter().map(|(id, byte)| ((*id).to_owned(), [*byte; 32]))).unwrap()
    }

    #[test]
    fn what_is_sealed_opens_at_its_place_only_and_not_when_it_was_changed() {
        let vault = vault(&[("a", 1)]);
        let mut sealed = vault.seal("tokens:1:2", b"secret").unwrap();
        assert!(!sealed.windows(6).any(|w| w == b"secret"));
        assert_eq!(vault.open("tokens:1:2", &sealed).unwrap(), b"secret");
        assert!(vault.open("tokens:1:3", &sealed).is_err());
        assert_ne!(vault.seal("tokens:1:2", b"secret").unwrap(), sealed, "never twice the same");
        *sealed.last_mut().unwrap() ^= 1;
        assert!(vault.open("tokens:1:2", &sealed).is_err());
        assert!(vault.open("tokens:1:2", b"").is_err() && vault.open("tokens:1:2", &[1, 200, 3]).is_err());
    }

    #[test]
    fn a_new_key_in_front_seals_and_the_old_one_still_opens() {
        let sealed = vault(&[("old", 1)]).seal("p", b"x").unwrap();
        let both = vault(&[("new", 2), ("old", 1)]);
        assert_eq!(both.open("p", &sealed).unwrap(), b"x");
        let anew = both.seal("p", b"x").unwrap();
        assert_eq!(vault(&[("new", 2)]).open("p", &anew).unwrap(), b"x");
        let lost = vault(&[("new", 2)]).open("p", &sealed).unwrap_err();
        assert!(lost.to_string().contains("`old`"), "{lost}");
    }

    #[test]
    fn keys_need_names_of_their_own_and_are_shown_by_name_only() {
        assert!(Vault::new([]).is_none());
        assert!(Vault::new([("a".into(), [1; 32]), ("a".into(), [2; 32])]).is_none());
        assert_eq!(format!("{:?}", vault(&[("a", 1)])), r#"["a"]"#);
    }
}
