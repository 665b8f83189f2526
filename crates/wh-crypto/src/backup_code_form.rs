//! The form in which backup codes are compared.

use secrecy::{ExposeSecret, SecretString};
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use crate::CryptoError;

/// Longest code in bytes, as it was typed.
const MAX_GIVEN: usize = 128;
/// Room for what normalisation can make of that, so that growing leaves no copy behind.
const ROOM: usize = 16 * MAX_GIVEN;
/// Symbols of a drawn code.
pub(crate) const SYMBOLS: usize = 12;
/// Symbols between two hyphens.
const GROUP: usize = 4;
/// The symbols of drawn codes: no 0 and O, no 1, I and L, no 2 and Z, no 5 and S, no 8 and B.
pub(crate) const ALPHABET: &[u8; 25] = b"ACDEFGHJKMNPQRTUVWXY34679";

/// The form in which a backup code is hashed and compared: its letters and digits after NFKC, in upper case. A code that was
/// drawn by [`generate_backup_codes`](crate::generate_backup_codes) gets its hyphens back.
///
/// A code without letters and digits is taken as it is, without the white space around it. Two codes with the same form are one
/// code: a list of new codes must not hold two of them.
///
/// ```
/// use secrecy::ExposeSecret;
/// use wh_crypto::canonical_backup_code;
///
/// let pasted = canonical_backup_code(&" ac3d\u{2011}k7mp\u{a0}qr9t".into())?;
/// assert_eq!(pasted.expose_secret(), "AC3D-K7MP-QR9T");
/// # Ok::<(), wh_crypto::CryptoError>(())
/// ```
///
/// # Errors
/// [`CryptoError::BadCode`] for an empty code, and for one of more than 128 bytes.
pub fn canonical_backup_code(code: &SecretString) -> Result<SecretString, CryptoError> {
    let given = code.expose_secret();
    if given.len() > MAX_GIVEN {
        return Err(CryptoError::BadCode("has more than 128 bytes"));
    }
    let mut symbols = Zeroizing::new(String::with_capacity(ROOM));
    symbols.extend(given.nfkc().filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase));
    if symbols.is_empty() {
        let signs = given.trim();
        return if signs.is_empty() { Err(CryptoError::BadCode("is empty")) } else { Ok(signs.into()) };
    }
    if symbols.len() == SYMBOLS && symbols.bytes().all(|symbol| ALPHABET.contains(&symbol)) {
        return Ok(grouped(symbols.as_bytes()));
    }
    Ok(symbols.as_str().into())
}

/// The forms under which a typed code may have been hashed, the canonical one first.
///
/// Codes of the original were hashed as they were shown, in an unknown form. They are also looked for as typed, and with each
/// separator as one hyphen.
pub(crate) fn candidates(code: &SecretString) -> Result<Vec<SecretString>, CryptoError> {
    let canonical = canonical_backup_code(code)?;
    let is_drawn = canonical.expose_secret().contains('-');
    let mut candidates = vec![canonical];
    if !is_drawn {
        let given = code.expose_secret().trim();
        for other in [given.into(), hyphenated(given)] {
            let other: SecretString = other;
            if !other.expose_secret().is_empty()
                && candidates.iter().all(|known| known.expose_secret() != other.expose_secret())
            {
                candidates.push(other);
            }
        }
    }
    Ok(candidates)
}

/// Letters and digits in their case, with one hyphen for whatever stood between two of them.
fn hyphenated(given: &str) -> SecretString {
    let mut out = Zeroizing::new(String::with_capacity(ROOM));
    let mut gap = false;
    for c in given.nfkc() {
        if !c.is_alphanumeric() {
            gap = !out.is_empty();
            continue;
        }
        if std::mem::take(&mut gap) {
            out.push('-');
        }
        out.push(c);
    }
    out.as_str().into()
}

pub(crate) fn grouped(symbols: &[u8]) -> SecretString {
    let mut code = String::with_capacity(SYMBOLS + SYMBOLS / GROUP);
    for (index, symbol) in symbols.iter().enumerate() {
        if index > 0 && index.is_multiple_of(GROUP) {
            code.push('-');
        }
        code.push(char::from(*symbol));
    }
    code.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(given: &str) -> Result<String, CryptoError> {
        canonical_backup_code(&given.into()).map(|code| code.expose_secret().to_owned())
    }

    #[test]
    fn a_pasted_code_is_the_code_that_was_shown() {
        for pasted in [
            "AC3D-K7MP-QR9T",
            "ac3dk7mpqr9t",
            " ac3d k7mp qr9t\n",
            "a-c-3-d-k-7-m-p-q-r-9-t",
            // Non-breaking hyphen, figure dash, en dash, em dash, minus sign, small and full-width hyphen-minus, soft hyphen.
            "AC3D\u{2011}K7MP\u{2012}QR9T",
            "AC3D\u{2013}K7MP\u{2014}QR9T",
            "AC3D\u{2212}K7MP\u{fe63}QR9T",
            "AC3D\u{ff0d}K7MP\u{ad}QR9T",
            // No-break, thin, narrow no-break and ideographic space; zero-width space and joiners; byte order mark; direction marks.
            "AC3D\u{a0}K7MP\u{2009}QR9T",
            "AC3D\u{202f}K7MP\u{3000}QR9T",
            "AC3D\u{200b}K7MP\u{200d}QR9T\u{200c}",
            "\u{feff}AC3D-K7MP-QR9T\u{200e}\u{202c}",
            // Full-width, mathematical and circled letters and digits.
            "ＡＣ３Ｄ－Ｋ７ＭＰ－ＱＲ９Ｔ",
            "ａｃ３ｄｋ７ｍｐｑｒ９ｔ",
            "𝐀𝐂𝟑𝐃-𝙺𝟽𝙼𝙿-ⓆⓇ⑨Ⓣ",
            "1) AC3D K7MP QR9T".strip_prefix("1)").unwrap(),
            "• AC3D·K7MP·QR9T,",
            "\"AC3D-K7MP-QR9T\"",
        ] {
            assert_eq!(canonical(pasted).unwrap(), "AC3D-K7MP-QR9T", "{pasted:?}");
        }
    }

    #[test]
    fn other_codes_are_their_letters_and_digits() {
        for (given, form) in [
            ("deadbeef", "DEADBEEF"),
            (" dead-beef ", "DEADBEEF"),
            ("1234\u{2011}5678", "12345678"),
            ("１２３４ ５６７８", "12345678"),
            ("AC3D-K7MP-QR9", "AC3DK7MPQR9"),
            ("AC3D-K7MP-QR9TT", "AC3DK7MPQR9TT"),
            ("AC3D-K7MP-QR90", "AC3DK7MPQR90"),
        ] {
            assert_eq!(canonical(given).unwrap(), form, "{given:?}");
        }
    }

    #[test]
    fn nothing_and_too_much_are_no_code() {
        for given in ["", " ", "\u{a0}\r\n"] {
            assert_eq!(canonical(given), Err(CryptoError::BadCode("is empty")), "{given:?}");
        }
        for signs in ["----", "…!", "🐎"] {
            assert_eq!(canonical(&format!(" {signs} ")).unwrap(), signs);
        }
        assert_eq!(canonical(&"x".repeat(129)), Err(CryptoError::BadCode("has more than 128 bytes")));
        assert_eq!(canonical(&"x".repeat(128)).unwrap().len(), 128);
    }

    #[test]
    fn a_form_is_its_own_form_and_no_growth_leaves_a_copy() {
        // U+FDFA becomes 18 letters.
        let longest = "\u{fdfa}".repeat(MAX_GIVEN / 3);
        let form = canonical(&longest).unwrap();
        assert_eq!(form.len(), 30 * (MAX_GIVEN / 3));
        assert!(form.len() <= ROOM);
        for given in ["AC3D-K7MP-QR9T", "dead-beef", "straße", "ﬁne"] {
            let form = canonical(given).unwrap();
            assert_eq!(canonical(&form).unwrap(), form, "{given}");
        }
    }

    #[test]
    fn a_code_of_the_original_is_also_tried_as_it_may_have_been_shown() {
        let tried = |given: &str| -> Vec<String> {
            let candidates = candidates(&given.into()).unwrap();
            candidates.iter().map(|code| code.expose_secret().to_owned()).collect()
        };
        assert_eq!(tried("ac3d k7mp qr9t"), ["AC3D-K7MP-QR9T"]);
        assert_eq!(tried("dead\u{2011}beef"), ["DEADBEEF", "dead\u{2011}beef", "dead-beef"]);
        assert_eq!(tried(" dead-beef "), ["DEADBEEF", "dead-beef"]);
        assert_eq!(tried("DEADBEEF"), ["DEADBEEF"]);
    }

    #[test]
    fn the_alphabet_has_no_look_alikes() {
        for symbol in b"01258BILOSZ" {
            assert!(!ALPHABET.contains(symbol));
        }
        assert_eq!(ALPHABET.iter().collect::<std::collections::BTreeSet<_>>().len(), 25);
    }
}
