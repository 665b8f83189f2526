//! What becomes of a line before it is stored.

use std::borrow::Cow;

/// Longest stored line, in bytes of UTF-8.
pub const MAX_LINE_BYTES: usize = 8192;

/// Takes out ANSI escape sequences and control characters other than the tab, and cuts what is too long at a character's
/// border. Most lines need nothing of it and are not copied.
pub(super) fn clean(line: &str) -> Cow<'_, str> {
    let plain = if line.contains(unwanted) { Cow::Owned(strip(line)) } else { Cow::Borrowed(line) };
    let end = plain.floor_char_boundary(MAX_LINE_BYTES);
    match plain {
        Cow::Borrowed(text) => Cow::Borrowed(text.get(..end).unwrap_or(text)),
        Cow::Owned(mut text) => {
            text.truncate(end);
            Cow::Owned(text)
        }
    }
}

fn unwanted(c: char) -> bool {
    c.is_control() && c != '\t'
}

fn strip(line: &str) -> String {
    let mut kept = String::with_capacity(line.len());
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\u{1b}' => skip_escape(&mut chars),
            '\u{9b}' => skip_control_sequence(&mut chars),
            c if unwanted(c) => {}
            c => kept.push(c),
        }
    }
    kept
}

/// Skips what follows ESC: a control sequence (`[`), a string that ends with BEL or ESC `\` (`]`, `P`, `X`, `^`, `_`), or
/// a short sequence.
fn skip_escape(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    match chars.peek() {
        Some('[') => {
            chars.next();
            skip_control_sequence(chars);
        }
        Some(']' | 'P' | 'X' | '^' | '_') => {
            while let Some(c) = chars.next() {
                if c == '\u{7}' || (c == '\u{1b}' && chars.next_if_eq(&'\\').is_some()) {
                    break;
                }
            }
        }
        Some(_) => {
            while chars.next_if(|c| matches!(c, ' '..='/')).is_some() {}
            chars.next_if(|c| matches!(c, '0'..='~'));
        }
        None => {}
    }
}

/// Skips parameters, intermediates and the final character of a control sequence.
fn skip_control_sequence(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    while chars.next_if(|c| matches!(c, ' '..='?')).is_some() {}
    chars.next_if(|c| matches!(c, '@'..='~'));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_titles_and_nul_are_taken_out() {
        for (given, kept) in [
            ("plain läuft\tweiter", "plain läuft\tweiter"),
            ("\u{1b}[1;31mred\u{1b}[0m", "red"),
            ("\u{1b}]0;title\u{7}text", "text"),
            ("\u{1b}]8;;http://x\u{1b}\\link\u{1b}]8;;\u{1b}\\", "link"),
            ("\u{1b}(Bascii\u{1b}=", "ascii"),
            ("a\0b\r", "ab"),
            ("cut\u{1b}[", "cut"),
            ("cut\u{1b}", "cut"),
        ] {
            assert_eq!(clean(given), kept, "{given:?}");
        }
    }

    #[test]
    fn a_clean_line_is_not_copied() {
        assert!(matches!(clean("GET / 200"), Cow::Borrowed(_)));
    }

    #[test]
    fn a_long_line_is_cut_between_characters() {
        let long = "ä".repeat(MAX_LINE_BYTES);
        assert_eq!(clean(&long).len(), MAX_LINE_BYTES);
        let odd = format!("x{long}");
        assert_eq!(clean(&odd).len(), MAX_LINE_BYTES - 1);
    }

    proptest::proptest! {
        #[test]
        fn any_line_comes_out_storable(line in "[\\PC\u{1b}\u{9b}\\[\\];mP\\\\\u{7}\0\u{9}]{0,200}") {
            let cleaned = clean(&line);
            proptest::prop_assert!(cleaned.len() <= MAX_LINE_BYTES);
            proptest::prop_assert!(!cleaned.contains(unwanted));
            let again = clean(&cleaned).into_owned();
            proptest::prop_assert_eq!(again, cleaned.into_owned());
        }
    }
}
