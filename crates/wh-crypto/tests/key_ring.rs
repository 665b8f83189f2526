//! The key ring as its callers see it.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use secrecy::{ExposeSecret, SecretString};
use wh_crypto::{CryptoError, KeyRing, OpenedBy, Place, Purpose, StoredForm, Unencrypted, derive_key};

const OLD: &str = "the old secret of many characters";
const NEW: &str = "the new secret of many characters";

fn ring(current: &str, previous: &[&str]) -> KeyRing {
    let previous: Vec<SecretString> = previous.iter().map(|secret| (*secret).into()).collect();
    KeyRing::new(&current.into(), &previous).unwrap()
}

fn plain(ring: &KeyRing, stored: &str) -> String {
    ring.decrypt(stored).unwrap().expose_secret().to_owned()
}

#[test]
fn what_is_encrypted_opens_and_is_never_the_same_twice() {
    let ring = ring(NEW, &[]);
    let (a, b) = (ring.encrypt(&"hunter2".into()).unwrap(), ring.encrypt(&"hunter2".into()).unwrap());
    assert!(a.starts_with("v1:") && a != b);
    assert_eq!((plain(&ring, &a), plain(&ring, &b)), ("hunter2".into(), "hunter2".into()));
    assert_eq!(ring.open(&a).unwrap().by, OpenedBy::Current(ring.current_id()));
    assert!(!ring.needs_reencryption(&a).unwrap());
}

#[test]
fn empty_stays_empty_in_every_form() {
    for ring in
        [ring(NEW, &[]), ring(NEW, &[]).with_form(StoredForm::V2).with_unencrypted(Unencrypted::Refuse)]
    {
        let place = Place::new("t", "c", &1);
        assert_eq!(ring.encrypt(&"".into()).unwrap(), "");
        assert_eq!(ring.encrypt_at(&place, &"".into()).unwrap(), "");
        assert_eq!(plain(&ring, ""), "");
        let opened = ring.open_at(&place, "").unwrap();
        assert_eq!((opened.plain.expose_secret(), opened.by), ("", OpenedBy::Nothing));
        assert!(!opened.needs_reencryption);
    }
}

#[test]
fn a_value_without_prefix_is_handed_back_until_that_is_refused() {
    let rollout = ring(NEW, &[]);
    for text in ["plain", "v1", "V1:abc", " v1:abc", "v3:abc", "v12:abc"] {
        assert_eq!(plain(&rollout, text), text);
        assert_eq!(rollout.open(text).unwrap().by, OpenedBy::Unencrypted);
        assert!(rollout.needs_reencryption(text).unwrap());
        let strict = rollout.clone().with_unencrypted(Unencrypted::Refuse);
        assert_eq!(strict.decrypt(text).unwrap_err(), CryptoError::Unencrypted);
    }
}

#[test]
fn a_value_with_prefix_that_does_not_open_is_an_error() {
    let ring = ring(NEW, &[]);
    let malformed = |stored: &str| match ring.decrypt(stored).unwrap_err() {
        CryptoError::Malformed { form, problem } => format!("{form}: {problem}"),
        other => panic!("{other}"),
    };
    insta::assert_snapshot!(malformed("v1:"), @"v1: what follows is shorter than a nonce and a tag");
    insta::assert_snapshot!(malformed("v1:====="), @"v1: what follows is not base64url without padding");
    insta::assert_snapshot!(malformed("v1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"), @"v1: what follows is shorter than a nonce and a tag");
    insta::assert_snapshot!(malformed("v2:abc"), @"v2: no key id follows");
    insta::assert_snapshot!(malformed("v2:abc:def"), @"v2: its key id is not 16 hexadecimal digits");
    insta::assert_snapshot!(malformed("v2:0011223344556677:def"), @"v2: what follows is not base64url without padding");

    let other = self::ring(OLD, &[]).encrypt(&"hunter2".into()).unwrap();
    assert_eq!(
        ring.decrypt(&other).unwrap_err(),
        CryptoError::NotAuthentic { form: "v1", tried: vec![ring.current_id()] }
    );
}

#[test]
fn a_previous_key_reads_and_the_current_one_writes() {
    let (before, after) = (ring(OLD, &[]), ring(NEW, &[OLD]));
    let stored = before.encrypt(&"hunter2".into()).unwrap();
    let opened = after.open(&stored).unwrap();
    assert_eq!(
        (opened.plain.expose_secret(), opened.by),
        ("hunter2", OpenedBy::Previous(before.current_id()))
    );
    assert!(opened.needs_reencryption);

    let again = after.encrypt(&opened.plain).unwrap();
    assert!(!after.needs_reencryption(&again).unwrap());
    assert!(before.decrypt(&again).is_err());
    assert_eq!(after.ids(), vec![ring(NEW, &[]).current_id(), before.current_id()]);
}

#[test]
fn a_secret_given_twice_counts_once() {
    assert_eq!(ring(NEW, &[OLD, NEW, OLD]).ids(), ring(NEW, &[OLD]).ids());
}

#[test]
fn an_empty_secret_is_refused_wherever_it_stands() {
    assert_eq!(KeyRing::new(&"".into(), &[]).unwrap_err(), CryptoError::EmptySecret);
    assert_eq!(KeyRing::new(&NEW.into(), &["".into()]).unwrap_err(), CryptoError::EmptySecret);
}

#[test]
fn a_row_bound_value_opens_in_its_row_only() {
    let ring = ring(NEW, &[]).with_form(StoredForm::V2);
    let home = Place::new("jobs", "payload", &42);
    let stored = ring.encrypt_at(&home, &"hunter2".into()).unwrap();
    assert!(stored.starts_with(&format!("v2:{}:", ring.current_id())), "{stored}");
    assert_eq!(ring.decrypt_at(&home, &stored).unwrap().expose_secret(), "hunter2");
    assert_eq!(ring.open_at(&home, &stored).unwrap().by, OpenedBy::Current(ring.current_id()));

    let moved = CryptoError::NotAuthentic { form: "v2", tried: vec![ring.current_id()] };
    for elsewhere in [
        Place::new("jobs", "payload", &43),
        Place::new("jobs", "result", &42),
        Place::new("apps", "payload", &42),
    ] {
        assert_eq!(ring.decrypt_at(&elsewhere, &stored).unwrap_err(), moved);
    }
    assert_eq!(ring.decrypt(&stored).unwrap_err(), CryptoError::PlaceNeeded);
    let stranger = self::ring(OLD, &[]);
    assert_eq!(
        stranger.decrypt_at(&home, &stored).unwrap_err(),
        CryptoError::UnknownKey { wanted: ring.current_id(), ring: stranger.ids() }
    );
}

#[test]
fn both_forms_are_read_and_the_configured_one_is_written() {
    let place = Place::new("t", "c", &1);
    let v1 = ring(NEW, &[OLD]);
    let v2 = v1.clone().with_form(StoredForm::V2);
    let (in_v1, in_v2) =
        (v1.encrypt_at(&place, &"x".into()).unwrap(), v2.encrypt_at(&place, &"x".into()).unwrap());
    assert!(in_v1.starts_with("v1:") && in_v2.starts_with("v2:"));
    for (ring, stored, stale) in
        [(&v1, &in_v1, false), (&v1, &in_v2, true), (&v2, &in_v1, true), (&v2, &in_v2, false)]
    {
        assert_eq!(ring.decrypt_at(&place, stored).unwrap().expose_secret(), "x");
        assert_eq!(ring.needs_reencryption_at(&place, stored).unwrap(), stale);
    }
    // Without a place there is only v1, so it is not stale.
    assert!(!v2.needs_reencryption(&in_v1).unwrap());

    let before = ring(OLD, &[]).with_form(StoredForm::V2);
    let old = before.encrypt_at(&place, &"x".into()).unwrap();
    let opened = v2.open_at(&place, &old).unwrap();
    assert_eq!(opened.by, OpenedBy::Previous(before.current_id()));
    assert!(opened.needs_reencryption);
    assert!(
        v2.needs_reencryption_at(
            &place,
            &before.clone().with_form(StoredForm::V1).encrypt(&"x".into()).unwrap()
        )
        .unwrap()
    );
    assert!(v1.needs_reencryption_at(&place, &before.encrypt(&"x".into()).unwrap()).unwrap());
}

#[test]
fn purposes_come_from_the_current_secret_and_verify_with_all() {
    let ring = ring(NEW, &[OLD]);
    for purpose in Purpose::ALL {
        assert_eq!(*ring.purpose_key(*purpose), derive_key(&NEW.into(), *purpose).unwrap());
        let keys: Vec<_> = ring.purpose_keys(*purpose).cloned().collect();
        assert_eq!(
            keys,
            vec![derive_key(&NEW.into(), *purpose).unwrap(), derive_key(&OLD.into(), *purpose).unwrap()]
        );
    }
}

#[test]
fn neither_debug_nor_errors_show_a_secret() {
    let ring = ring(NEW, &[OLD]);
    let shown = format!("{ring:?} {:?}", ring.open("hunter2").unwrap());
    assert!(shown.contains(&ring.current_id().to_string()), "{shown}");
    for secret in [NEW, OLD, "hunter2"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}

#[test]
fn a_ring_travels_between_threads() {
    fn check<T: Send + Sync + Clone + 'static>(_: &T) {}
    check(&ring(NEW, &[]));
}
