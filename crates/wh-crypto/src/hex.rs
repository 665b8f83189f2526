//! Lower-case hexadecimal.

/// Two digits per byte.
pub(crate) fn encode(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        out.extend(
            [byte >> 4, byte & 15].map(|digit| char::from_digit(digit.into(), 16).unwrap_or_default()),
        );
        out
    })
}

/// Exactly `N` bytes in lower-case digits, or none.
pub(crate) fn decode<const N: usize>(text: &str) -> Option<[u8; N]> {
    if text.len() != N * 2 || text.bytes().any(|digit| digit.is_ascii_uppercase()) {
        return None;
    }
    let mut out = [0; N];
    for (byte, pair) in out.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        for digit in pair {
            *byte = *byte * 16 + u8::try_from(char::from(*digit).to_digit(16)?).ok()?;
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_travel_through_digits() {
        assert_eq!(encode(&[0x00, 0x0f, 0xa5, 0xff]), "000fa5ff");
        assert_eq!(decode("000fa5ff"), Some([0x00, 0x0f, 0xa5, 0xff]));
        for bad in ["000fa5f", "000fa5ff0", "000FA5FF", "000fa5fg", "", "000fa5é"] {
            assert_eq!(decode::<4>(bad), None, "{bad}");
        }
    }
}
