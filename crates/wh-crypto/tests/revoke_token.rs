//! Signed links as their callers see them.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use secrecy::ExposeSecret;
use wh_crypto::{CryptoError, KeyRing, RevokeToken};

const NOW: i64 = 1_800_000_000;
const HOUR: i64 = 60 * 60;

fn ring() -> KeyRing {
    KeyRing::new(&"the current secret of a server".into(), &["the previous secret of a server".into()])
        .unwrap()
}

fn token() -> RevokeToken {
    RevokeToken { user_id: 7, session_id: 42, signed_at: NOW }
}

fn signed() -> String {
    token().sign(&ring()).expose_secret().to_owned()
}

#[test]
fn a_token_has_the_form_of_the_original() {
    insta::assert_snapshot!(signed(), @"7:42:1800000000:08fb5e6a80d51f5c2f3111b8374e027948584efdc6e04c7e4500ac5012d9d06d");
}

#[test]
fn a_signed_token_verifies_for_72_hours_and_not_a_second_longer() {
    let signed = signed();
    let verify = |now| RevokeToken::verify(&signed, &ring(), now);
    for now in [NOW - 300, NOW, NOW + HOUR, NOW + 72 * HOUR] {
        assert_eq!(verify(now), Ok(token()));
    }
    assert_eq!(verify(NOW + 72 * HOUR + 1), Err(CryptoError::TokenExpired { since: 1, valid_for: 259_200 }));
    assert_eq!(verify(NOW - 301), Err(CryptoError::TokenFromFuture { ahead: 301 }));
    assert!(verify(i64::MIN).is_err() && verify(i64::MAX).is_err());
}

#[test]
fn a_token_signed_with_a_previous_secret_verifies() {
    let before = KeyRing::new(&"the previous secret of a server".into(), &[]).unwrap();
    let signed = token().sign(&before);
    assert_eq!(RevokeToken::verify(signed.expose_secret(), &ring(), NOW), Ok(token()));
}

#[test]
fn a_token_of_another_server_or_with_another_content_is_forged() {
    let stranger = KeyRing::new(&"the secret of another server".into(), &[]).unwrap();
    let foreign = token().sign(&stranger);
    let changed = [
        foreign.expose_secret().to_owned(),
        signed().replace("7:42", "8:42"),
        signed().replace("7:42", "7:43"),
        signed().replace("7:42", "+7:42"),
        signed().replace("1800000000", "1800000001"),
    ];
    for token in changed {
        assert_eq!(RevokeToken::verify(&token, &ring(), NOW), Err(CryptoError::TokenForged), "{token}");
        // Also when it is long expired: nobody learns more from it.
        assert_eq!(RevokeToken::verify(&token, &ring(), NOW * 2), Err(CryptoError::TokenForged), "{token}");
    }
}

#[test]
fn what_is_no_token_is_malformed() {
    let signed = signed();
    let (_, signature) = signed.rsplit_once(':').unwrap();
    for token in [
        String::new(),
        ":".to_owned(),
        ":::".to_owned(),
        "7:42:1800000000".to_owned(),
        "7:42:1800000000:".to_owned(),
        format!("7:42:{signature}"),
        format!("7:42:1800000000:1:{signature}"),
        format!("seven:42:1800000000:{signature}"),
        format!("7:42:99999999999999999999:{signature}"),
        signed.to_uppercase(),
        format!("{signed}0"),
        format!("{signed} "),
        signed.replace(':', "."),
    ] {
        assert_eq!(RevokeToken::verify(&token, &ring(), NOW), Err(CryptoError::TokenMalformed), "{token}");
    }
}

#[test]
fn debug_shows_no_signature() {
    assert!(!format!("{:?} {:?}", token(), token().sign(&ring())).contains("08fb5e6a80d5"));
}
