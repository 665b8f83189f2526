//! Text from outside, made fit for one line of a mail.

use wh_types::is_blank;

/// One line of at most `most` characters, with an ellipsis where it was longer.
///
/// Control characters and line separators become one space, so that nothing ends a header or a line. Bidirectional controls and
/// invisible characters are removed, so that nothing reorders or hides its neighbours. Letters of every script stay.
pub(crate) fn one_line(text: &str, most: usize) -> String {
    let mut line = String::new();
    let mut length = 0;
    let mut gap = false;
    for c in text.chars() {
        if c.is_whitespace() || c.is_control() {
            gap = length > 0;
            continue;
        }
        if is_blank(c) {
            continue;
        }
        let needed = if gap { 2 } else { 1 };
        if length + needed > most {
            // Room for the ellipsis: it takes the place of the last character.
            if length >= most {
                line.pop();
            }
            line.push('…');
            return line;
        }
        if gap {
            line.push(' ');
        }
        line.push(c);
        length += needed;
        gap = false;
    }
    line
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_second_header_becomes_part_of_the_first() {
        assert_eq!(one_line("Berlin\r\nBcc: eve@example.org", 80), "Berlin Bcc: eve@example.org");
        assert_eq!(one_line("\u{0}a\u{2028}b\u{85}c\t\u{b}d\u{0}", 80), "a b c d");
    }

    #[test]
    fn direction_cannot_be_overridden_and_scripts_stay() {
        assert_eq!(one_line("\u{202e}gpj.exe\u{2066}x\u{200f}", 80), "gpj.exex");
        assert_eq!(one_line("  תל אביב  ", 80), "תל אביב");
        assert_eq!(one_line("👩\u{200d}💻 می\u{200c}خواهم", 80), "👩\u{200d}💻 می\u{200c}خواهم");
    }

    #[test]
    fn what_is_too_long_ends_with_an_ellipsis() {
        assert_eq!(one_line("abcdef", 6), "abcdef");
        assert_eq!(one_line("abcdefg", 6), "abcde…");
        assert_eq!(one_line("abcde f", 6), "abcde…");
    }

    proptest! {
        #[test]
        fn nothing_unsafe_is_left_and_the_length_holds(text in any::<String>(), most in 1_usize..50) {
            let line = one_line(&text, most);
            prop_assert!(line.chars().count() <= most, "{line:?}");
            prop_assert!(!line.chars().any(|c| c != ' ' && is_blank(c)), "{line:?}");
            prop_assert!(!line.starts_with(' ') && !line.ends_with(' ') && !line.contains("  "), "{line:?}");
            prop_assert_eq!(one_line(&line, most), line);
        }

        #[test]
        fn letters_of_every_script_stay(text in r"[\p{L}\p{N}]{1,30}") {
            prop_assume!(!text.chars().any(is_blank));
            prop_assert_eq!(one_line(&text, 30), text);
        }
    }
}
