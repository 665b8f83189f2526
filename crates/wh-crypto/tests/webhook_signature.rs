//! Signatures of webhooks as their receivers see them.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use secrecy::ExposeSecret;
use wh_crypto::{CryptoError, WebhookSecret, sign_webhook};

// The example of the specification, which its libraries in all languages test against.
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
const SENT: i64 = 1_614_265_330;
const PAYLOAD: &[u8] = br#"{"test": 2432232314}"#;
const SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

fn secret(text: &str) -> WebhookSecret {
    WebhookSecret::parse(&text.into()).unwrap()
}

#[test]
fn the_published_example_is_signed_as_published() {
    assert_eq!(sign_webhook(&[secret(SECRET)], ID, SENT, PAYLOAD).unwrap(), SIGNATURE);
    let bare = secret(SECRET.strip_prefix("whsec_").unwrap());
    assert_eq!(sign_webhook(&[bare], ID, SENT, PAYLOAD).unwrap(), SIGNATURE);
}

#[test]
fn while_a_secret_is_rotated_both_sign() {
    // 64 bytes, a whole block of SHA-256. Python's hmac gives the second signature.
    let longest = secret(&format!("whsec_{}", BASE64_STANDARD.encode([0xa5; 64])));
    let signed = sign_webhook(&[secret(SECRET), longest], ID, SENT, PAYLOAD).unwrap();
    let (first, second) = signed.split_once(' ').unwrap();
    assert_eq!(first, SIGNATURE);
    assert_eq!(second, "v1,rXCyVtJt5sFOpGaG8peuOIXDGPw80idXmwSo7AsIMdM=");
}

#[test]
fn a_drawn_secret_reads_back_and_is_not_shown() {
    let (drawn, other) = (WebhookSecret::generate().unwrap(), WebhookSecret::generate().unwrap());
    let text = drawn.text();
    let bytes = BASE64_STANDARD.decode(text.expose_secret().strip_prefix("whsec_").unwrap()).unwrap();
    assert_eq!(bytes.len(), 32);
    assert_ne!(text.expose_secret(), other.text().expose_secret());
    let sign = |secret| sign_webhook(&[secret], ID, SENT, PAYLOAD).unwrap();
    assert_eq!(sign(secret(text.expose_secret())), sign(drawn));
    assert_eq!(format!("{other:?}"), "WebhookSecret { .. }");
}

#[test]
fn a_text_that_is_no_secret_is_refused_without_being_shown() {
    let of = |length| BASE64_STANDARD.encode(vec![7; length]);
    for (text, problem) in [
        (String::new(), "is too short"),
        (of(23), "is too short"),
        (of(65), "is too long"),
        ("whsec_hunter2!".to_owned(), "is not base64"),
        (format!("whsk_{}", of(32)), "is not base64"),
        (format!("{} ", of(32)), "is not base64"),
    ] {
        let refusal = WebhookSecret::parse(&text.as_str().into()).unwrap_err();
        assert_eq!(refusal, CryptoError::BadWebhookSecret(problem));
        assert_eq!(
            refusal.to_string(),
            format!("the webhook secret {problem}: use whsec_ and 24 to 64 bytes in base64")
        );
    }
    for length in [24, 64] {
        secret(&of(length));
    }
}

#[test]
fn an_ambiguous_message_id_and_no_secret_are_refused() {
    for id in ["", "a.b", "a b", "a\n", "é"] {
        assert_eq!(sign_webhook(&[secret(SECRET)], id, SENT, PAYLOAD), Err(CryptoError::BadMessageId));
    }
    assert_eq!(sign_webhook(&[], ID, SENT, PAYLOAD), Err(CryptoError::NoWebhookSecret));
}
