//! Backup codes as their callers see them.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::collections::BTreeSet;

use secrecy::{ExposeSecret, SecretString};
use wh_crypto::{CryptoError, find_backup_code, generate_backup_codes, hash_backup_code};

fn hash(code: &str) -> String {
    hash_backup_code(&code.into()).unwrap()
}

fn find(code: &str, hashes: &[&str]) -> Result<Option<usize>, CryptoError> {
    find_backup_code(&code.into(), hashes)
}

#[test]
fn codes_are_readable_and_differ() {
    let codes = generate_backup_codes(200).unwrap();
    let texts: BTreeSet<_> = codes.iter().map(|code| code.expose_secret().to_owned()).collect();
    assert_eq!(texts.len(), 200);
    let mut symbols = BTreeSet::new();
    for text in &texts {
        let groups: Vec<_> = text.split('-').collect();
        assert!(groups.len() == 3 && groups.iter().all(|group| group.len() == 4), "{text}");
        symbols.extend(text.chars());
    }
    assert_eq!(symbols.into_iter().collect::<String>(), "-34679ACDEFGHJKMNPQRTUVWXY");
    assert!(generate_backup_codes(0).unwrap().is_empty());
}

#[test]
fn a_hash_is_argon2id_with_the_parameters_of_owasp() {
    let hash = hash("AC3D-K7MP-QR9T");
    assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
    assert_ne!(hash, self::hash("AC3D-K7MP-QR9T"));
}

#[test]
fn a_code_is_found_however_it_is_typed() {
    let hashes = [hash("AC3D-K7MP-QR9T"), hash("DDDD-EEEE-FFFF")];
    let hashes: Vec<_> = hashes.iter().map(String::as_str).collect();
    assert_eq!(find("AC3D-K7MP-QR9T", &hashes), Ok(Some(0)));
    assert_eq!(find("ddddeeeeffff ", &hashes), Ok(Some(1)));
    assert_eq!(find("DDDD-EEEE-FFFG", &hashes), Ok(None));
    assert_eq!(find("", &hashes), Ok(None));
    assert_eq!(find("AC3D-K7MP-QR9T", &[]), Ok(None));
}

#[test]
fn the_first_of_two_equal_codes_is_found() {
    let (a, b) = (hash("AC3D-K7MP-QR9T"), hash("AC3D-K7MP-QR9T"));
    assert_eq!(find("AC3D-K7MP-QR9T", &[&a, &b]), Ok(Some(0)));
}

#[test]
fn an_overlong_code_is_not_even_hashed() {
    let long = "x".repeat(129);
    assert!(matches!(hash_backup_code(&long.as_str().into()), Err(CryptoError::BadCode(_))));
    // Not even compared: a hash that is none would be an error.
    assert_eq!(find(&long, &["hunter2"]), Ok(None));
    let longest = "x".repeat(128);
    assert_eq!(find(&longest, &[&hash(&longest)]), Ok(Some(0)));
}

#[test]
fn an_empty_code_is_none_and_signs_are_a_code() {
    for blank in ["", " ", "\u{a0}\n"] {
        assert!(matches!(hash_backup_code(&blank.into()), Err(CryptoError::BadCode(_))), "{blank:?}");
        assert_eq!(find(blank, &["hunter2"]), Ok(None), "{blank:?}");
    }
    let hashes = [hash("--"), hash("🐎")];
    let hashes: Vec<_> = hashes.iter().map(String::as_str).collect();
    assert_eq!(find(" 🐎 ", &hashes), Ok(Some(1)));
    assert_eq!(find("---", &hashes), Ok(None));
}

/// Hashes that another library made of the codes as they were shown.
const SHOWN: [(&str, &str); 3] = [
    (
        "AC3D-K7MP-QR9T",
        "$argon2id$v=19$m=19456,t=2,p=1$oOpDN56xWRCmn6FcSH28yg$vmxlaViB+JFB6klPxK/s4uXxy8F+9OXFdB2sSLZfTdo",
    ),
    (
        "deadbeef",
        "$argon2id$v=19$m=19456,t=2,p=1$DtHtT5BaupNsbsyTJDeFNw$4qAkILHDAFw1K1h8I7/0vtp6xbCpIwYW3E0cT+C8TZk",
    ),
    (
        "1234-5678",
        "$argon2id$v=19$m=19456,t=2,p=1$TZ5opGtGBSREfEDae4o+GQ$ffxfgCAklnuU955WicEfGK4oC51ILMEqjcMPs8YPAbY",
    ),
];

#[test]
fn a_code_is_found_as_people_paste_it() {
    let hashes = SHOWN.map(|(_, hash)| hash);
    for (pasted, index) in [
        ("AC3D\u{2011}K7MP\u{2011}QR9T", 0),
        ("\u{a0}ac3d\u{a0}k7mp\u{a0}qr9t\u{feff}", 0),
        ("ＡＣ３Ｄ－Ｋ７ＭＰ－ＱＲ９Ｔ", 0),
        ("AC3D\u{200b}K7MP\u{2060}QR9T", 0),
        ("AC3D – K7MP — QR9T", 0),
        ("ｄｅａｄｂｅｅｆ\u{200b}", 1),
        ("1234\u{2011}5678", 2),
        ("1234\u{a0}5678\u{202c}", 2),
        ("１２３４ − ５６７８", 2),
    ] {
        assert_eq!(find(pasted, &hashes), Ok(Some(index)), "{pasted:?}");
    }
    for wrong in ["AC3D-K7MP-QR9", "AC3D-K7MP-QR9TT", "AC3D-K7MP-QR9V", "1234-5679"] {
        assert_eq!(find(wrong, &hashes), Ok(None), "{wrong:?}");
    }
    // A code that was hashed here, of whatever form, is compared by its letters and digits.
    assert_eq!(find("DEAD BEEF", &[&hash("dead-beef")]), Ok(Some(0)));
}

#[test]
fn an_unusable_hash_is_an_error_unless_another_fits() {
    let good = hash("AC3D-K7MP-QR9T");
    let expensive = |m: u32, t: u32, p: u32| {
        format!(
            "$argon2id$v=19$m={m},t={t},p={p}$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        )
    };
    for bad in [
        "",
        "hunter2",
        "$argon2i$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "$argon2id$v=19$m=1,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        &expensive(64 * 1024 + 1, 1, 1),
        &expensive(1024, 9, 1),
        &expensive(1024, 1, 9),
    ] {
        assert!(matches!(find("AC3D-K7MP-QR9T", &[bad]), Err(CryptoError::BadHash(_))), "{bad}");
        assert_eq!(find("AC3D-K7MP-QR9T", &[bad, &good]), Ok(Some(1)), "{bad}");
        assert_eq!(find("AC3D-K7MP-QR9T", &[&good, bad]), Ok(Some(0)), "{bad}");
    }
    for usable in [expensive(64 * 1024, 1, 1), expensive(1024, 8, 1), expensive(1024, 1, 8)] {
        assert_eq!(find("AC3D-K7MP-QR9T", &[&usable]), Ok(None), "{usable}");
    }
}

#[cfg(feature = "tokio")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_pool_hashes_and_finds_off_the_runtime_and_a_dropped_call_gives_its_turn_back() {
    let pool = wh_crypto::BackupCodePool::new(std::num::NonZeroUsize::MIN);
    let codes: Vec<SecretString> = vec!["AC3D-K7MP-QR9T".into(), "DDDD-EEEE-FFFF".into()];
    let hashes = pool.hash_all(codes.clone()).await.unwrap();

    let dropped = pool.clone();
    let hanging = tokio::spawn({
        let (code, hashes) = (codes[1].clone(), hashes.clone());
        async move { dropped.find(code, hashes).await }
    });
    tokio::task::yield_now().await;
    hanging.abort();
    assert_eq!(pool.find(codes[1].clone(), hashes.clone()).await, Ok(Some(1)));
    assert_eq!(pool.find("DDDD-EEEE-FFFG".into(), hashes).await, Ok(None));
}

#[test]
fn no_code_is_shown() {
    let codes: Vec<SecretString> = generate_backup_codes(1).unwrap();
    assert!(!format!("{codes:?}").contains(codes[0].expose_secret()));
}
