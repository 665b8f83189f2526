//! Values that another implementation wrote (`tests/vectors/make.py`) open and verify here.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use wh_crypto::{
    KeyRing, Place, Purpose, RevokeToken, api_key_bytes_from_hash, derive_key, find_backup_code,
    hash_api_key, hash_api_key_bytes,
};

#[derive(Deserialize)]
struct Vectors {
    v1: Vec<V1>,
    v2: Vec<V2>,
    purposes: Vec<Derived>,
    api_keys: Vec<ApiKey>,
    revoke_tokens: Vec<Revoke>,
    backup_codes: Vec<Backup>,
}

#[derive(Deserialize)]
struct V1 {
    secret: SecretString,
    plain: String,
    stored: String,
}

#[derive(Deserialize)]
struct V2 {
    secret: SecretString,
    table: String,
    column: String,
    row: String,
    plain: String,
    stored: String,
}

#[derive(Deserialize)]
struct Derived {
    secret: SecretString,
    purpose: String,
    key: String,
}

#[derive(Deserialize)]
struct ApiKey {
    key: SecretString,
    hash: String,
}

#[derive(Deserialize)]
struct Revoke {
    secret: SecretString,
    user_id: i64,
    session_id: i64,
    signed_at: i64,
    token: String,
}

#[derive(Deserialize)]
struct Backup {
    code: SecretString,
    hash: String,
}

fn vectors() -> Vectors {
    serde_json::from_str(include_str!("vectors/vectors.json")).unwrap()
}

fn ring(secret: &SecretString) -> KeyRing {
    KeyRing::new(secret, &[]).unwrap()
}

#[test]
fn v1_values_open() {
    let vectors = vectors().v1;
    assert_eq!(vectors.len(), 44);
    for vector in vectors {
        assert_eq!(ring(&vector.secret).decrypt(&vector.stored).unwrap().expose_secret(), vector.plain);
    }
}

#[test]
fn v1_values_open_whatever_the_place() {
    for vector in vectors().v1 {
        let place = Place::new("any", "where", &1);
        assert_eq!(
            ring(&vector.secret).decrypt_at(&place, &vector.stored).unwrap().expose_secret(),
            vector.plain
        );
    }
}

#[test]
fn v2_values_open_in_their_place() {
    let vectors = vectors().v2;
    assert_eq!(vectors.len(), 60);
    for vector in vectors {
        let place = Place::new(&vector.table, &vector.column, &vector.row);
        let opened = ring(&vector.secret).decrypt_at(&place, &vector.stored).unwrap();
        assert_eq!(opened.expose_secret(), vector.plain);
    }
}

#[test]
fn purpose_keys_agree() {
    let vectors = vectors().purposes;
    assert_eq!(vectors.len(), 20);
    for vector in vectors {
        let purpose = match vector.purpose.as_str() {
            "columns" => Purpose::Columns,
            "row_bound_columns" => Purpose::RowBoundColumns,
            "oauth_state" => Purpose::OAuthState,
            "jwt" => Purpose::Jwt,
            "revoke_links" => Purpose::RevokeLinks,
            other => panic!("{other}"),
        };
        let key = derive_key(&vector.secret, purpose).unwrap();
        assert_eq!(Some(*key.expose_bytes()), api_key_bytes_from_hash(&vector.key));
    }
}

#[test]
fn api_key_hashes_agree() {
    for vector in vectors().api_keys {
        assert_eq!(hash_api_key(&vector.key), vector.hash);
        assert_eq!(Some(hash_api_key_bytes(&vector.key)), api_key_bytes_from_hash(&vector.hash));
    }
}

#[test]
fn revoke_tokens_verify_and_are_made_alike() {
    let vectors = vectors().revoke_tokens;
    assert_eq!(vectors.len(), 8);
    for Revoke { secret, user_id, session_id, signed_at, token } in vectors {
        let expected = RevokeToken { user_id, session_id, signed_at };
        assert_eq!(RevokeToken::verify(&token, &ring(&secret), signed_at).unwrap(), expected);
        assert_eq!(expected.sign(&ring(&secret)).expose_secret(), token);
    }
}

#[test]
fn backup_codes_verify() {
    let vectors = vectors().backup_codes;
    let hashes: Vec<_> = vectors.iter().map(|vector| vector.hash.as_str()).collect();
    for (index, vector) in vectors.iter().enumerate() {
        assert_eq!(find_backup_code(&vector.code, &hashes).unwrap(), Some(index));
    }
}
