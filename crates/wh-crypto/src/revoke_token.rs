//! The token in the link that revokes a session.

use hmac::Mac;
use secrecy::SecretString;

use crate::mac::mac;
use crate::{CryptoError, KeyRing, Purpose, hex};

/// Whose session a link revokes, and when the link was signed.
///
/// On its way it is `userID:sessionID:unix:signature`, the signature in hexadecimal: HMAC-SHA256 of what stands before it,
/// under the key of [`Purpose::RevokeLinks`]. The token alone is the proof, so it is a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RevokeToken {
    /// The user.
    pub user_id: i64,
    /// The session.
    pub session_id: i64,
    /// When it was signed, in seconds since 1970.
    pub signed_at: i64,
}

impl RevokeToken {
    /// How long a token is valid, in seconds: 72 hours.
    pub const VALID_FOR: i64 = 72 * 60 * 60;
    /// How far in the future a token may have been signed, in seconds, because clocks differ.
    pub const CLOCK_SKEW: i64 = 5 * 60;

    /// Signs it with the current key (`SignRevokeToken`).
    #[must_use]
    pub fn sign(&self, ring: &KeyRing) -> SecretString {
        let message = format!("{}:{}:{}", self.user_id, self.session_id, self.signed_at);
        let signature = mac(ring.purpose_key(Purpose::RevokeLinks), &message).finalize();
        format!("{message}:{}", hex::encode(&signature.into_bytes())).into()
    }

    /// Verifies a token with any key of the ring (`VerifyRevokeToken`), at the time `now` in seconds since 1970.
    ///
    /// # Errors
    /// The signature is looked at first, in constant time: a token that is not ours is forged, whatever its age.
    pub fn verify(token: &str, ring: &KeyRing, now: i64) -> Result<Self, CryptoError> {
        let (message, signature) = token.rsplit_once(':').ok_or(CryptoError::TokenMalformed)?;
        let signature: [u8; 32] = hex::decode(signature).ok_or(CryptoError::TokenMalformed)?;
        let parsed = Self::parse(message).ok_or(CryptoError::TokenMalformed)?;
        let signed_by = |key| mac(key, message).verify_slice(&signature).is_ok();
        if !ring.purpose_keys(Purpose::RevokeLinks).any(signed_by) {
            return Err(CryptoError::TokenForged);
        }
        let age = now.saturating_sub(parsed.signed_at);
        if age > Self::VALID_FOR {
            let since = age.saturating_sub(Self::VALID_FOR).unsigned_abs();
            return Err(CryptoError::TokenExpired { since, valid_for: Self::VALID_FOR.unsigned_abs() });
        }
        if age < -Self::CLOCK_SKEW {
            return Err(CryptoError::TokenFromFuture { ahead: age.unsigned_abs() });
        }
        Ok(parsed)
    }

    fn parse(message: &str) -> Option<Self> {
        let mut parts = message.split(':').map(|part| part.parse().ok());
        let parsed = Self { user_id: parts.next()??, session_id: parts.next()??, signed_at: parts.next()?? };
        parts.next().is_none().then_some(parsed)
    }
}
