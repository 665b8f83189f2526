//! Any stored text is opened or refused, never handed back if it has a prefix, and nothing panics.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use secrecy::ExposeSecret;
use wh_crypto::{KeyId, KeyRing, Place, Unencrypted, api_key_bytes_from_hash};

static RING: LazyLock<KeyRing> = LazyLock::new(|| {
    KeyRing::new(
        &"a secret to fuzz with".into(),
        &["an older secret to fuzz with".into()],
    )
    .unwrap()
});

fuzz_target!(|text: &str| {
    let place = Place::new("table", "column", &1);
    for ring in [RING.clone(), RING.clone().with_unencrypted(Unencrypted::Refuse)] {
        let _ = ring.open(text);
        if let Ok(opened) = ring.open_at(&place, text) {
            assert!(
                !text.starts_with("v1:") && !text.starts_with("v2:"),
                "forged: {text}"
            );
            assert_eq!(opened.plain.expose_secret(), text);
        }
    }
    if let Some(id) = KeyId::parse(text) {
        assert_eq!(id.to_string(), text);
    }
    let _ = api_key_bytes_from_hash(text);
});
