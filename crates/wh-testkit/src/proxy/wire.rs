//! Just enough of the wire protocol to tell where messages end and what they are.

/// What a client may say before its first typed message.
const SSL_REQUEST: u32 = 80_877_103;
const GSS_REQUEST: u32 = 80_877_104;
const CANCEL_REQUEST: u32 = 80_877_102;

/// What the server says beside its answers.
pub(super) const NOTICE: u8 = b'N';

/// A complete message at the start of a buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Message {
    /// Its type byte.
    pub(super) kind: u8,
    /// Its whole length in bytes.
    pub(super) length: usize,
}

/// The typed message that `buffer` starts with, once all of it is there.
pub(super) fn message(buffer: &[u8]) -> Option<Message> {
    let (kind, rest) = buffer.split_first()?;
    let length = usize::try_from(u32::from_be_bytes(*rest.first_chunk::<4>()?)).ok()?.saturating_add(1);
    (buffer.len() >= length).then_some(Message { kind: *kind, length })
}

/// The text of a complete notice: its field `M`. Fields are a letter, a text and a zero each.
pub(super) fn notice_text(message: &[u8]) -> String {
    let fields = message.get(5..).unwrap_or_default().split(|byte| *byte == 0);
    let text = fields.filter_map(|field| field.split_first()).find(|(letter, _)| **letter == b'M');
    text.map(|(_, text)| String::from_utf8_lossy(text).into_owned()).unwrap_or_default()
}

/// The untyped packet a connection begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Opening {
    /// Asks for encryption; it is answered with a single byte.
    Encryption,
    /// Asks to cancel a query of another connection; there is no answer.
    Cancel,
    /// User, database and settings.
    Startup,
}

/// The opening packet that `buffer` starts with and its length, once all of it is there.
pub(super) fn opening(buffer: &[u8]) -> Option<(Opening, usize)> {
    let length = usize::try_from(u32::from_be_bytes(*buffer.first_chunk::<4>()?)).ok()?;
    let code = u32::from_be_bytes(*buffer.get(4..)?.first_chunk::<4>()?);
    let opening = match code {
        SSL_REQUEST | GSS_REQUEST => Opening::Encryption,
        CANCEL_REQUEST => Opening::Cancel,
        _ => Opening::Startup,
    };
    (buffer.len() >= length).then_some((opening, length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_seen_only_once_it_is_complete() {
        let sync = [b'S', 0, 0, 0, 4];
        assert_eq!(message(&sync), Some(Message { kind: b'S', length: 5 }));
        for end in 0..5 {
            assert_eq!(message(&sync[..end]), None);
        }
    }

    #[test]
    fn the_text_of_a_notice_is_found_among_its_fields() {
        let message = b"N\0\0\0\0SNOTICE\0VNOTICE\0C00000\0Mduration: M\xc3\xb6\0\0";
        assert_eq!(notice_text(message), "duration: M\u{f6}");
        assert_eq!(notice_text(b"N\0\0\0\x05\0"), "");
    }

    #[test]
    fn the_three_openings_are_told_apart() {
        let packet = |code: u32| [8_u32.to_be_bytes(), code.to_be_bytes()].concat();
        assert_eq!(opening(&packet(SSL_REQUEST)), Some((Opening::Encryption, 8)));
        assert_eq!(opening(&packet(CANCEL_REQUEST)), Some((Opening::Cancel, 8)));
        assert_eq!(opening(&packet(196_608)), Some((Opening::Startup, 8)));
        assert_eq!(opening(&packet(196_608)[..7]), None);
    }
}
