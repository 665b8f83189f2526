//! Writes values for another implementation to open: `WH_EXCHANGE=FILE cargo test -p wh-crypto --test exchange`, then
//! `tests/vectors/make.py open FILE`. Without the variable the values are opened here.

use secrecy::ExposeSecret;
use wh_crypto::KeyRing;

#[test]
fn values_leave_in_the_form_that_others_read() {
    let mut lines = String::new();
    for secret in ["0123456789abcdef", "geheimes Wörtchen 🔑 für den Server"] {
        let ring = KeyRing::new(&secret.into(), &[]).unwrap();
        for plain in ["a", "hunter2", "日本語 🚀", &"long ".repeat(2000)] {
            let stored = ring.encrypt(&plain.into()).unwrap();
            assert_eq!(ring.decrypt(&stored).unwrap().expose_secret(), plain);
            lines += &serde_json::json!({ "secret": secret, "plain": plain, "stored": stored }).to_string();
            lines += "\n";
        }
    }
    if let Some(file) = std::env::var_os("WH_EXCHANGE") {
        std::fs::write(file, lines).unwrap();
    }
}
