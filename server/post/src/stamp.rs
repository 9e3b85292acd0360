//! Which copy a bounce, a link or a Message-ID belongs to: partner and copy, signed, so that nobody makes one up.
//!
//! 39 characters of lower-case base 32, which fit on the left of an @ and outlive mail systems that change case. The first key signs, all of
//! them are believed.

use domain::ids::{MailId, PartnerId};
use sha2::{Digest, Sha256};
use std::fmt;
use subtle::ConstantTimeEq;

/// Characters of a stamp.
pub const LENGTH: usize = 39;
const ID: usize = 13;
const BLOCK: usize = 64;

/// What a stamp is for: one for a link is worth nothing as a bounce.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The address that bounces go to.
    Bounce,
    /// The Message-ID.
    Message,
    /// The link that unsubscribes.
    Unsubscribe,
}

impl Purpose {
    const fn word(self) -> &'static [u8] {
        match self {
            Self::Bounce => b"bounce",
            Self::Message => b"message",
            Self::Unsubscribe => b"unsubscribe",
        }
    }
}

/// Keys that stamps are signed with. Shown in no log.
#[derive(Clone)]
pub struct Keys(Vec<[u8; 32]>);

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keys({})", self.0.len())
    }
}

impl Keys {
    /// At least one; the first signs. None without any.
    pub fn new(keys: Vec<[u8; 32]>) -> Option<Self> {
        (!keys.is_empty()).then_some(Self(keys))
    }

    /// The stamp of a copy.
    pub fn write(&self, purpose: Purpose, partner: PartnerId, mail: MailId) -> String {
        let signature = self.0.first().map(|key| sign(key, purpose, partner, mail)).unwrap_or_default();
        format!("{partner}{mail}{signature}")
    }

    /// Whose stamp this is; none: nobody's.
    pub fn read(&self, purpose: Purpose, stamp: &str) -> Option<(PartnerId, MailId)> {
        let stamp = stamp.to_ascii_lowercase();
        if stamp.len() != LENGTH || !stamp.is_ascii() {
            return None;
        }
        let (partner, mail) = (stamp.get(..ID)?.parse().ok()?, stamp.get(ID..2 * ID)?.parse().ok()?);
        let signature = stamp.get(2 * ID..)?.as_bytes();
        let ours = self.0.iter().any(|key| bool::from(sign(key, purpose, partner, mail).as_bytes().ct_eq(signature)));
        ours.then_some((partner, mail))
    }
}

/// 63 bits of HMAC-SHA-256, written as ids are.
fn sign(key: &[u8; 32], purpose: Purpose, partner: PartnerId, mail: MailId) -> String {
    let text = [purpose.word(), &partner.0.to_be_bytes(), &mail.0.to_be_bytes()].concat();
    let digest = hmac(key, &text);
    let mut first = [0u8; 8];
    first.copy_from_slice(&digest[..8]);
    MailId(i64::from_be_bytes(first) & i64::MAX).to_string()
}

/// RFC 2104, for keys of at most one block.
fn hmac(key: &[u8], text: &[u8]) -> [u8; 32] {
    let (mut inner, mut outer) = ([0x36u8; BLOCK], [0x5cu8; BLOCK]);
    for (place, byte) in key.iter().take(BLOCK).enumerate() {
        inner[place] ^= byte;
        outer[place] ^= byte;
    }
    let inside = Sha256::new().chain_update(inner).chain_update(text).finalize();
    Sha256::new().chain_update(outer).chain_update(inside).finalize().into()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    const COPY: (PartnerId, MailId) = (PartnerId(77), MailId(1 << 60));

    #[test]
    fn the_test_vectors_of_rfc_4231() {
        let hex = |bytes: [u8; 32]| bytes.map(|b| format!("{b:02x}")).concat();
        assert_eq!(hex(hmac(&[0x0b; 20], b"Hi There")), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
        assert_eq!(hex(hmac(b"Jefe", b"what do ya want for nothing?")), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    }

    #[test]
    fn a_stamp_is_believed_for_its_purpose_and_copy_only_and_in_any_case() {
        let keys = Keys::new(vec![[1; 32]]).unwrap();
        let stamp = keys.write(Purpose::Bounce, COPY.0, COPY.1);
        assert_eq!(stamp.len(), LENGTH);
        assert_eq!(keys.read(Purpose::Bounce, &stamp), Some(COPY));
        assert_eq!(keys.read(Purpose::Bounce, &stamp.to_uppercase()), Some(COPY));
        assert_eq!(keys.read(Purpose::Unsubscribe, &stamp), None);
        let other = keys.write(Purpose::Bounce, COPY.0, MailId(COPY.1.0 + 1));
        assert_eq!(keys.read(Purpose::Bounce, &format!("{}{}", &stamp[..26], &other[26..])), None);
        for wrong in ["", "é", &stamp[1..], &format!("{stamp}0"), &"é".repeat(20)] {
            assert_eq!(keys.read(Purpose::Bounce, wrong), None);
        }
    }

    #[test]
    fn a_new_key_signs_and_the_old_one_is_still_believed() {
        let old = Keys::new(vec![[1; 32]]).unwrap();
        let both = Keys::new(vec![[2; 32], [1; 32]]).unwrap();
        let stamp = old.write(Purpose::Message, COPY.0, COPY.1);
        assert_eq!(both.read(Purpose::Message, &stamp), Some(COPY));
        assert_eq!(old.read(Purpose::Message, &both.write(Purpose::Message, COPY.0, COPY.1)), None);
        assert!(Keys::new(vec![]).is_none());
    }
}
