//! A key that mail is signed with (DKIM): RSA of 2,048 bits, because large receivers still pass over Ed25519 (RFC 8463) and shorter RSA keys
//! are refused by some (RFC 8301).

use crate::message::PostError;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use rsa::{
    RsaPrivateKey,
    pkcs1::{EncodeRsaPrivateKey, LineEnding},
    pkcs8::EncodePublicKey,
    rand_core::OsRng,
};
use std::fmt;

const BITS: usize = 2_048;

/// Both halves of a key. Shown in no log.
#[derive(Clone, PartialEq, Eq)]
pub struct Pair {
    /// PKCS #1, PEM.
    pub secret: String,
    /// SubjectPublicKeyInfo, Base64: what stands behind `p=` in DNS.
    pub public: String,
}

impl fmt::Debug for Pair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pair").field("public", &self.public).finish_non_exhaustive()
    }
}

/// A fresh key. Takes some tenths of a second of a processor.
///
/// # Errors
/// Never in practice: the numbers found can't be written.
pub fn pair() -> Result<Pair, PostError> {
    let key = RsaPrivateKey::new(&mut OsRng, BITS).map_err(|e| PostError::NoKey(e.to_string()))?;
    let secret = key.to_pkcs1_pem(LineEnding::LF).map_err(|e| PostError::NoKey(e.to_string()))?.to_string();
    let public = key.to_public_key().to_public_key_der().map_err(|e| PostError::NoKey(e.to_string()))?;
    Ok(Pair { secret, public: STANDARD.encode(public.as_bytes()) })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn a_fresh_key_is_one_of_a_kind_and_its_secret_stays_out_of_logs() {
        let pair = pair().unwrap();
        assert!(pair.secret.starts_with("-----BEGIN RSA PRIVATE KEY-----\n"));
        // 2,048 bits: 294 bytes of SubjectPublicKeyInfo.
        assert_eq!(STANDARD.decode(&pair.public).unwrap().len(), 294);
        let shown = format!("{pair:?}");
        assert!(shown.contains(&pair.public) && !shown.contains("PRIVATE"), "{shown}");
    }
}
