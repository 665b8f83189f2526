//! Texts under one hash.

use sha2::{Digest, Sha256};

use crate::hex;

/// SHA-256 of texts in lower-case hexadecimal. Each goes in as its length in bytes, a colon and its bytes, so that no two lists of
/// texts give the same bytes.
#[must_use]
pub fn hash_parts(parts: &[&str]) -> String {
    hex::encode(&Sha256::digest(joined(parts)))
}

pub(crate) fn joined(parts: &[&str]) -> String {
    parts.iter().map(|part| format!("{}:{part}", part.len())).collect::<Vec<_>>().concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_hashed_with_their_lengths() {
        // printf '1:a3:ü.0:' | sha256sum
        assert_eq!(
            hash_parts(&["a", "ü.", ""]),
            "394091431fd76661145553a8cf0b9183ca7c2d8c456c944d826c711ecd162de2"
        );
        assert_eq!(joined(&["a", "ü.", ""]), "1:a3:ü.0:");
        assert_ne!(hash_parts(&["a1:", ""]), hash_parts(&["a", "1:"]));
    }
}
