//! What holds for every text, every flipped bit and every truncation.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use proptest::prelude::*;
use secrecy::{ExposeSecret, SecretString};
use wh_crypto::{KeyId, KeyRing, OpenedBy, Place, RevokeToken, StoredForm, Unencrypted, find_backup_code};

fn ring() -> KeyRing {
    KeyRing::new(&"a current secret for properties".into(), &["a previous secret for properties".into()])
        .unwrap()
}

fn strict() -> KeyRing {
    ring().with_unencrypted(Unencrypted::Refuse)
}

fn place() -> Place<'static> {
    Place::new("table", "column", &"row")
}

/// The prefix up to the base64, and the bytes in it.
fn taken_apart(stored: &str) -> (String, Vec<u8>) {
    let (prefix, encoded) = stored.rsplit_once(':').unwrap();
    (format!("{prefix}:"), URL_SAFE_NO_PAD.decode(encoded).unwrap())
}

proptest! {
    #[test]
    fn any_text_comes_back_in_either_form(plain in ".*", form in prop_oneof![Just(StoredForm::V1), Just(StoredForm::V2)]) {
        let ring = ring().with_form(form);
        let secret = SecretString::from(plain.clone());
        let stored = ring.encrypt_at(&place(), &secret).unwrap();
        let opened = ring.open_at(&place(), &stored).unwrap();
        prop_assert_eq!(opened.plain.expose_secret(), plain.as_str());
        prop_assert!(!opened.needs_reencryption);
        prop_assert_eq!(opened.by == OpenedBy::Nothing, plain.is_empty());
        prop_assert!(plain.len() < 4 || !stored.contains(&plain));
    }

    #[test]
    fn any_flipped_bit_of_the_content_fails(plain in ".+", at in any::<prop::sample::Index>(), v2 in any::<bool>()) {
        let ring = if v2 { ring().with_form(StoredForm::V2) } else { ring() };
        let (prefix, mut bytes) = taken_apart(&ring.encrypt_at(&place(), &plain.into()).unwrap());
        let bit = at.index(bytes.len() * 8);
        bytes[bit / 8] ^= 1 << (bit % 8);
        let flipped = prefix + &URL_SAFE_NO_PAD.encode(bytes);
        prop_assert!(ring.decrypt_at(&place(), &flipped).is_err());
    }

    #[test]
    fn any_flipped_bit_of_the_text_fails(plain in ".+", at in any::<prop::sample::Index>(), v2 in any::<bool>()) {
        let ring = if v2 { strict().with_form(StoredForm::V2) } else { strict() };
        let mut bytes = ring.encrypt_at(&place(), &plain.into()).unwrap().into_bytes();
        let bit = at.index(bytes.len() * 8);
        bytes[bit / 8] ^= 1 << (bit % 8);
        if let Ok(text) = String::from_utf8(bytes) {
            prop_assert!(ring.decrypt_at(&place(), &text).is_err(), "{}", text);
        }
    }

    #[test]
    fn any_truncation_fails(plain in ".+", at in any::<prop::sample::Index>(), v2 in any::<bool>()) {
        let ring = if v2 { strict().with_form(StoredForm::V2) } else { strict() };
        let stored = ring.encrypt_at(&place(), &plain.into()).unwrap();
        let end = 1 + at.index(stored.len() - 1);
        prop_assert!(ring.decrypt_at(&place(), stored.get(..end).unwrap()).is_err());
    }

    #[test]
    fn no_stored_text_panics_and_none_with_a_prefix_is_handed_back(text in "(v[12]:)?([0-9a-f]{16}:)?\\PC*") {
        for ring in [ring(), strict()] {
            let _ = ring.decrypt(&text);
            if let Ok(plain) = ring.decrypt_at(&place(), &text) {
                prop_assert!(!text.starts_with("v1:") && !text.starts_with("v2:"));
                prop_assert_eq!(plain.expose_secret(), text.as_str());
            }
        }
    }

    #[test]
    fn no_token_panics(text in "([0-9-]*:){0,4}\\PC*", now in any::<i64>()) {
        prop_assert!(RevokeToken::verify(&text, &ring(), now).is_err());
    }

    #[test]
    fn any_token_verifies_at_its_time(user_id in any::<i64>(), session_id in any::<i64>(), signed_at in any::<i64>()) {
        let token = RevokeToken { user_id, session_id, signed_at };
        let signed = token.sign(&ring());
        prop_assert_eq!(RevokeToken::verify(signed.expose_secret(), &ring(), signed_at), Ok(token));
    }

    #[test]
    fn no_hash_and_no_key_id_panics(hash in "\\$?(argon2id)?\\$\\PC*", id in "\\PC{0,20}") {
        prop_assert!(find_backup_code(&"AC3D-K7MP-QR9T".into(), &[hash]).is_err());
        if let Some(parsed) = KeyId::parse(&id) {
            prop_assert_eq!(parsed.to_string(), id);
        }
    }
}
