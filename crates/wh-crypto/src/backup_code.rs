//! Backup codes: drawn, shown once, kept as argon2id, verified against all that are unused.

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use crate::CryptoError;

/// What codes are written in: no 0 and O, no 1, I and L, no 2 and Z, no 5 and S, no 8 and B.
const ALPHABET: &[u8; 25] = b"ACDEFGHJKMNPQRTUVWXY34679";
/// Symbols of a code, 4.6 bits each.
const SYMBOLS: usize = 12;
/// Symbols between two hyphens.
const GROUP: usize = 4;
/// Random bytes drawn at once: nearly always enough for a code.
const DRAW: usize = 48;
/// The longest text that is worth a comparison.
const MAX_GIVEN: usize = 128;

/// OWASP's recommendation for argon2id with the least memory: 19 MiB, 2 passes, 1 lane.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// What a stored hash may ask for at most, so that a planted one cannot exhaust the machine.
const MAX_MEMORY_KIB: u32 = 64 * 1024;
const MAX_PASSES: u32 = 8;
const MAX_LANES: u32 = 8;

/// Draws backup codes like `AC3D-K7MP-QR9T`, 55 random bits each. They are shown once; only their hashes are kept.
///
/// # Errors
/// [`CryptoError::NoRandomness`].
pub fn generate_backup_codes(count: usize) -> Result<Vec<SecretString>, CryptoError> {
    (0..count).map(|_| generate()).collect()
}

fn generate() -> Result<SecretString, CryptoError> {
    // Room for all that one draw can give, so that no copy is left behind by growing.
    let mut symbols = Zeroizing::new(Vec::with_capacity(SYMBOLS + DRAW));
    loop {
        let mut bytes = Zeroizing::new([0; DRAW]);
        getrandom::fill(bytes.as_mut_slice()).map_err(CryptoError::NoRandomness)?;
        symbols.extend(bytes.iter().filter_map(|byte| symbol(*byte)));
        if let Some(code) = symbols.get(..SYMBOLS) {
            return Ok(grouped(code));
        }
    }
}

/// The symbol of five random bits, or none for the seven values beyond the alphabet: all symbols are equally likely.
fn symbol(byte: u8) -> Option<u8> {
    ALPHABET.get(usize::from(byte & 31)).copied()
}

/// Hashes a code for storage: argon2id, 19 MiB, 2 passes, as a PHC string. Takes some 30 ms; keep it off an async runtime.
///
/// # Errors
/// [`CryptoError::Bug`] where the machine cannot hash at all (no memory, no random numbers).
pub fn hash_backup_code(code: &SecretString) -> Result<String, CryptoError> {
    let params =
        Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|_| CryptoError::Bug("argon2 parameters"))?;
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password(canonical(code.expose_secret()).expose_secret().as_bytes())
        .map(|hash| hash.to_string())
        .map_err(|_| CryptoError::Bug("argon2 could not hash"))
}

/// Finds the hash that a code belongs to, as its index. Every hash is looked at, so that the time says nothing about which
/// one it was. Case, blanks and hyphens do not matter. Takes some 30 ms per hash; keep it off an async runtime.
///
/// # Errors
/// [`CryptoError::BadHash`] where no hash fits and one of them is not usable.
pub fn find_backup_code<S: AsRef<str>>(
    code: &SecretString,
    hashes: &[S],
) -> Result<Option<usize>, CryptoError> {
    if code.expose_secret().len() > MAX_GIVEN {
        return Ok(None);
    }
    let code = canonical(code.expose_secret());
    let mut found = Ok(None);
    for (index, hash) in hashes.iter().enumerate() {
        match (verify(code.expose_secret(), hash.as_ref()), &found) {
            (Ok(true), Ok(None) | Err(_)) => found = Ok(Some(index)),
            (Err(error), Ok(None)) => found = Err(error),
            _ => {}
        }
    }
    found
}

fn verify(code: &str, hash: &str) -> Result<bool, CryptoError> {
    let hash = PasswordHash::new(hash).map_err(|_| CryptoError::BadHash("it is not a PHC string"))?;
    if hash.algorithm != Algorithm::Argon2id.ident() {
        return Err(CryptoError::BadHash("it is not argon2id"));
    }
    let params =
        Params::try_from(&hash).map_err(|_| CryptoError::BadHash("its parameters are not argon2's"))?;
    if params.m_cost() > MAX_MEMORY_KIB || params.t_cost() > MAX_PASSES || params.p_cost() > MAX_LANES {
        return Err(CryptoError::BadHash("it asks for more than 64 MiB, 8 passes or 8 lanes"));
    }
    Ok(Argon2::default().verify_password(code.as_bytes(), &hash).is_ok())
}

/// A code of ours as it is shown, however it was typed; anything else as it is, but for the blanks around it (the original's
/// codes have another form).
fn canonical(given: &str) -> SecretString {
    let mut symbols = Zeroizing::new(Vec::with_capacity(MAX_GIVEN));
    symbols.extend(given.bytes().filter(|byte| !byte.is_ascii_whitespace() && *byte != b'-'));
    symbols.make_ascii_uppercase();
    if symbols.len() == SYMBOLS && symbols.iter().all(|symbol| ALPHABET.contains(symbol)) {
        grouped(&symbols)
    } else {
        given.trim().to_owned().into()
    }
}

fn grouped(symbols: &[u8]) -> SecretString {
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

    #[test]
    fn what_was_typed_is_taken_as_it_was_shown() {
        for typed in ["AC3D-K7MP-QR9T", "ac3dk7mpqr9t", " ac3d k7mp qr9t\n", "a-c-3-d-k-7-m-p-q-r-9-t"] {
            assert_eq!(canonical(typed).expose_secret(), "AC3D-K7MP-QR9T", "{typed}");
        }
    }

    #[test]
    fn a_code_of_another_form_is_taken_as_it_is() {
        for typed in ["deadbeef", "AC3D-K7MP-QR9", "AC3D-K7MP-QR9TT", "AC3D-K7MP-QR90", ""] {
            assert_eq!(canonical(typed).expose_secret(), typed);
        }
        assert_eq!(canonical(" dead-beef ").expose_secret(), "dead-beef");
    }

    #[test]
    fn five_bits_make_a_symbol_and_the_rest_of_a_byte_does_not_matter() {
        for (byte, made) in
            [(0, Some(b'A')), (24, Some(b'9')), (25, None), (31, None), (32, Some(b'A')), (0xf8, Some(b'9'))]
        {
            assert_eq!(symbol(byte), made, "{byte}");
        }
    }

    #[test]
    fn the_alphabet_has_no_look_alikes() {
        for symbol in b"01258BILOSZ" {
            assert!(!ALPHABET.contains(symbol));
        }
        assert_eq!(ALPHABET.iter().collect::<std::collections::BTreeSet<_>>().len(), 25);
    }
}
