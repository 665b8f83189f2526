//! Any token is refused, at any time, and nothing panics.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use wh_crypto::{KeyRing, RevokeToken};

static RING: LazyLock<KeyRing> =
    LazyLock::new(|| KeyRing::new(&"a secret to fuzz with".into(), &[]).unwrap());

fuzz_target!(|given: (i64, &str)| {
    let (now, token) = given;
    assert!(RevokeToken::verify(token, &RING, now).is_err(), "forged: {token}");
});
