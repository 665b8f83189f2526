//! Any text in any place comes back from there, and from no other place.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use secrecy::ExposeSecret;
use wh_crypto::{KeyRing, Place, StoredForm};

static RING: LazyLock<KeyRing> =
    LazyLock::new(|| KeyRing::new(&"a secret to fuzz with".into(), &[]).unwrap());

fuzz_target!(|given: (&str, [&str; 3], [&str; 3])| {
    let (plain, home, other) = given;
    let ring = RING.clone().with_form(StoredForm::V2);
    let [home, other] = [home, other].map(|[table, column, row]| (table, column, row.to_owned()));
    let home = Place::new(home.0, home.1, &home.2);
    let other = Place::new(other.0, other.1, &other.2);

    let stored = ring.encrypt_at(&home, &plain.into()).unwrap();
    assert_eq!(ring.decrypt_at(&home, &stored).unwrap().expose_secret(), plain);
    if home != other && !plain.is_empty() {
        assert!(ring.decrypt_at(&other, &stored).is_err());
    }
});
