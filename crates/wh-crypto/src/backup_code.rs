//! Backup codes: drawn, shown once, stored as argon2id, compared with all unused ones.

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use crate::backup_code_form::{ALPHABET, SYMBOLS, candidates, grouped};
use crate::{CryptoError, canonical_backup_code};

/// Random bytes drawn at once: nearly always enough for a code.
const DRAW: usize = 48;

/// OWASP's recommendation for argon2id with the least memory: 19 MiB, 2 passes, 1 lane.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// Upper bounds for a stored hash, so that a planted one cannot exhaust the machine.
const MAX_MEMORY_KIB: u32 = 64 * 1024;
const MAX_PASSES: u32 = 8;
const MAX_LANES: u32 = 8;

/// Draws backup codes like `AC3D-K7MP-QR9T`, 55 random bits each. Show them once and store only their hashes.
///
/// # Errors
/// [`CryptoError::NoRandomness`].
pub fn generate_backup_codes(count: usize) -> Result<Vec<SecretString>, CryptoError> {
    (0..count).map(|_| generate()).collect()
}

fn generate() -> Result<SecretString, CryptoError> {
    // Room for one whole draw: a vector that grows would leave a copy in memory.
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

/// The symbol of five random bits. None for the seven values beyond the alphabet, so that all symbols are equally likely.
fn symbol(byte: u8) -> Option<u8> {
    ALPHABET.get(usize::from(byte & 31)).copied()
}

/// Hashes the [canonical form](canonical_backup_code) of a code for storage: argon2id, 19 MiB, 2 passes, as a PHC string. Takes
/// some 30 ms; keep it off an async runtime.
///
/// # Errors
/// [`CryptoError::BadCode`]; [`CryptoError::Bug`] if the machine cannot hash at all (no memory, no random numbers).
pub fn hash_backup_code(code: &SecretString) -> Result<String, CryptoError> {
    let code = canonical_backup_code(code)?;
    let params =
        Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|_| CryptoError::Bug("argon2 parameters"))?;
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password(code.expose_secret().as_bytes())
        .map(|hash| hash.to_string())
        .map_err(|_| CryptoError::Bug("argon2 could not hash"))
}

/// Finds the hash that a code belongs to, as its index. Codes are compared by their
/// [canonical form](canonical_backup_code): case and separators do not matter. A text that is no code fits none.
///
/// Every hash is looked at, so that the time says nothing about which one fits. Takes some 30 ms per hash, up to three times
/// that for a code that was not drawn here; keep it off an async runtime.
///
/// # Errors
/// [`CryptoError::BadHash`] if no hash fits and one of them is not usable.
pub fn find_backup_code<S: AsRef<str>>(
    code: &SecretString,
    hashes: &[S],
) -> Result<Option<usize>, CryptoError> {
    let Ok(candidates) = candidates(code) else { return Ok(None) };
    let mut found = Ok(None);
    for (index, hash) in hashes.iter().enumerate() {
        match (verify_any(&candidates, hash.as_ref()), &found) {
            (Ok(true), Ok(None) | Err(_)) => found = Ok(Some(index)),
            (Err(error), Ok(None)) => found = Err(error),
            _ => {}
        }
    }
    found
}

/// Whether one of the candidates fits. All are tried.
fn verify_any(candidates: &[SecretString], hash: &str) -> Result<bool, CryptoError> {
    candidates.iter().try_fold(false, |fits, code| Ok(verify(code.expose_secret(), hash)? | fits))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_bits_make_a_symbol_and_the_rest_of_a_byte_does_not_matter() {
        for (byte, made) in
            [(0, Some(b'A')), (24, Some(b'9')), (25, None), (31, None), (32, Some(b'A')), (0xf8, Some(b'9'))]
        {
            assert_eq!(symbol(byte), made, "{byte}");
        }
    }
}
