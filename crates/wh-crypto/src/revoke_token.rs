//! The token in the link that revokes a session.

use hmac::Mac;
use secrecy::SecretString;

use crate::mac::mac;
use crate::{CryptoError, KeyRing, Purpose, hex};

/// The session that a link revokes, and the time at which the link was signed.
///
/// Its text is `userID:sessionID:unix:signature`. The signature is the HMAC-SHA256 of the text before it under the key of
/// [`Purpose::RevokeLinks`], in hexadecimal. The token alone ends the session, so it is a secret.
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
    /// Maximum difference of clocks, in seconds: a token may be signed this far in the future.
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
    /// [`CryptoError::TokenMalformed`]; [`CryptoError::TokenForged`], which is checked before the age and in constant time;
    /// [`CryptoError::TokenExpired`], [`CryptoError::TokenFromFuture`].
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
