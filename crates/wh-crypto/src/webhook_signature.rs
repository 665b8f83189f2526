//! Signatures of webhooks, as [Standard Webhooks](https://www.standardwebhooks.com) 1.0 says.

use base64_simd::STANDARD;
use hmac::Mac;
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use crate::CryptoError;
use crate::mac::keyed;

/// The prefix of a symmetric secret.
const PREFIX: &str = "whsec_";

/// The secret with which the messages to one endpoint are signed: 24 to 64 bytes.
///
/// Its text is `whsec_` and the bytes in base64. `Debug` does not show it.
pub struct WebhookSecret(Zeroizing<Vec<u8>>);

impl WebhookSecret {
    /// Draws a secret of 256 random bits.
    ///
    /// # Errors
    /// [`CryptoError::NoRandomness`].
    pub fn generate() -> Result<Self, CryptoError> {
        let mut bytes = Zeroizing::new(vec![0; 32]);
        getrandom::fill(&mut bytes).map_err(CryptoError::NoRandomness)?;
        Ok(Self(bytes))
    }

    /// Reads the text of a secret, with or without the prefix `whsec_`.
    ///
    /// # Errors
    /// [`CryptoError::BadWebhookSecret`] if the rest is not padded base64 of 24 to 64 bytes.
    pub fn parse(text: &SecretString) -> Result<Self, CryptoError> {
        let text = text.expose_secret();
        let encoded = text.strip_prefix(PREFIX).unwrap_or(text);
        let bytes = STANDARD
            .decode_to_vec(encoded)
            .map(Zeroizing::new)
            .map_err(|_| CryptoError::BadWebhookSecret("is not base64"))?;
        match bytes.len() {
            ..24 => Err(CryptoError::BadWebhookSecret("is too short")),
            24..=64 => Ok(Self(bytes)),
            _ => Err(CryptoError::BadWebhookSecret("is too long")),
        }
    }

    /// The text that the receiver gets.
    #[must_use]
    pub fn text(&self) -> SecretString {
        let encoded = Zeroizing::new(STANDARD.encode_to_string(self.0.as_slice()));
        format!("{PREFIX}{}", encoded.as_str()).into()
    }
}

impl std::fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WebhookSecret").finish_non_exhaustive()
    }
}

/// The value of the header `webhook-signature`: for each secret `v1,` and the HMAC-SHA256 of `id.timestamp.payload` in base64,
/// separated by spaces. While a secret is rotated, give the new one and the old one: receivers accept either.
///
/// `id` is sent as `webhook-id`, and is the same each time the message is sent. `timestamp` is sent as `webhook-timestamp`:
/// when this attempt is made, in seconds since 1970. `payload` is the body, byte by byte.
///
/// # Errors
/// [`CryptoError::NoWebhookSecret`] without a secret; [`CryptoError::BadMessageId`] for an id that is empty, or has a full stop
/// or anything but visible ASCII characters.
pub fn sign_webhook(
    secrets: &[WebhookSecret],
    id: &str,
    timestamp: i64,
    payload: &[u8],
) -> Result<String, CryptoError> {
    if secrets.is_empty() {
        return Err(CryptoError::NoWebhookSecret);
    }
    // A full stop would let an id and a timestamp be read apart in two ways.
    if id.is_empty() || id.bytes().any(|byte| byte == b'.' || !byte.is_ascii_graphic()) {
        return Err(CryptoError::BadMessageId);
    }
    let signatures = secrets.iter().map(|WebhookSecret(secret)| {
        let mut mac = keyed(secret);
        mac.update(format!("{id}.{timestamp}.").as_bytes());
        mac.update(payload);
        format!("v1,{}", STANDARD.encode_to_string(mac.finalize().into_bytes()))
    });
    Ok(signatures.collect::<Vec<_>>().join(" "))
}
