//! A line as it is stored: the text that a terminal would show.

use std::borrow::Cow;

use super::escape::Token;
use super::row::Row;

/// Longest stored line, in bytes of UTF-8.
pub const MAX_LINE_BYTES: usize = 8192;

/// Carries out control characters and escape sequences as a terminal does, and cuts what is too long between two characters.
/// A line without any is not copied.
pub(super) fn clean(line: &str) -> Cow<'_, str> {
    let shown = if line.contains(unwanted) { Cow::Owned(show(line)) } else { Cow::Borrowed(line) };
    let end = shown.floor_char_boundary(MAX_LINE_BYTES);
    match shown {
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

/// What stands in the rows that were written to, with a space between two of them.
fn show(line: &str) -> String {
    let mut shown = String::with_capacity(line.len());
    let mut row = Row::default();
    for token in Token::all(line) {
        match token {
            Token::Print(c) => row.print(c),
            Token::Tab => row.tab(),
            Token::Return => row.go_to(0),
            Token::Left(columns) => row.go_to(row.column().saturating_sub(columns)),
            Token::Right(columns) => row.go_to(row.column().saturating_add(columns)),
            Token::Column(column) => row.go_to(column),
            Token::EraseRight => row.erase_right(),
            Token::EraseLeft => row.erase_left(),
            Token::EraseAll => row.erase_all(),
            Token::OtherRow => std::mem::take(&mut row).add_to(&mut shown),
        }
    }
    row.add_to(&mut shown);
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_titles_and_nul_are_taken_out() {
        for (given, kept) in [
            ("plain läuft\tweiter", "plain läuft\tweiter"),
            ("\u{1b}[1;31mred\u{1b}[0m\tblue", "red\tblue"),
            ("\u{1b}]0;title\u{7}text", "text"),
            ("\u{1b}]8;;http://x\u{1b}\\link\u{1b}]8;;\u{1b}\\", "link"),
            ("\u{9d}0;title\u{9c}text", "text"),
            ("\u{1b}Pq#0~~\u{1b}\\sixel", "sixel"),
            ("\u{1b}(Bascii\u{1b}=", "ascii"),
            ("\u{1b}[?25lhidden cursor\u{1b}[?25h", "hidden cursor"),
            ("a\0b\r", "ab"),
            ("a\0b\r\n", "ab"),
            ("cut\u{1b}[", "cut"),
            ("cut\u{1b}", "cut"),
        ] {
            assert_eq!(clean(given), kept, "{given:?}");
        }
    }

    #[test]
    fn a_progress_bar_shows_what_came_last() {
        for (given, kept) in [
            ("10%\r20%", "20%"),
            ("10%\r20%\r", "20%"),
            ("10%\r20%\r\n", "20%"),
            ("100%\r\u{1b}[K5%", "5%"),
            ("downloading\r\u{1b}[2Kdone", "done"),
            ("9\u{8}10\u{8}\u{8}11", "11"),
            ("[=>  ]\u{1b}[6D[==> ]", "[==> ]"),
            ("[    ]\u{1b}[2G#", "[#   ]"),
            ("漢字\rab", "ab字"),
            ("a漢\u{8}x", "a x"),
            ("name\tsize\rNAME", "NAME\tsize"),
            ("name\tsize\rA LONG NAME!", "A LONG NAME!"),
            ("one\ntwo", "one two"),
            ("50%\u{1b}[1A\rnext bar", "50% next bar"),
            ("far\u{1b}[999999999Cout", "far"),
        ] {
            assert_eq!(clean(given).trim_end(), kept, "{given:?}");
        }
    }

    #[test]
    fn an_unfinished_sequence_does_not_take_the_message_along() {
        for (given, kept) in [
            ("\u{1b}]error: disk full", "error: disk full"),
            ("\u{1b}]0;title error: disk full\u{1b}[0m", "0;title error: disk full"),
            ("\u{1b}Perror", "error"),
            ("\u{9d}error\u{9d}again", "erroragain"),
            ("\u{1b}_error: \u{7}disk full", "error: disk full"),
            ("\u{1b}]0;half \u{18}title", "0;half title"),
            ("\u{1b}[31error", "rror"),
            ("\u{1b}[é", "é"),
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
        assert_eq!(clean(&format!("{odd}\r")).len(), MAX_LINE_BYTES - 1);
    }

    /// What the terminal emulator of the crate vt100 shows.
    fn terminal(line: &str) -> String {
        let size = |n| std::num::NonZeroU16::new(n).unwrap();
        let mut terminal = vt100::Parser::new(size(1), size(1000), 0);
        terminal.process(line.as_bytes());
        terminal.screen().contents().trim_end().to_owned()
    }

    /// With spaces in place of tabs.
    fn expanded(line: &str) -> String {
        let mut expanded = String::new();
        for part in line.split_inclusive('\t') {
            expanded.push_str(part.trim_end_matches('\t'));
            if part.ends_with('\t') {
                let width = unicode_width::UnicodeWidthStr::width(expanded.as_str());
                expanded.push_str(&" ".repeat(8 - width % 8));
            }
        }
        expanded.trim_end().to_owned()
    }

    proptest::proptest! {
        #[test]
        fn a_line_is_what_a_terminal_shows(
            parts in proptest::collection::vec(proptest::sample::select(vec![
                "10%", "building", "é", "漢字", " ", "\t", "\r", "\u{8}", "\u{1b}[K", "\u{1b}[1K", "\u{1b}[2K", "\u{1b}[5G",
                "\u{1b}[2C", "\u{1b}[3D", "\u{1b}[D", "\u{1b}[31m", "\u{1b}[0m", "\u{1b}]0;title\u{7}", "\u{1b}[?25l",
                "\u{1b}Pq~\u{1b}\\", "\u{1b}(B",
            ]), 0..20)
        ) {
            let line = parts.concat();
            proptest::prop_assert_eq!(expanded(&clean(&line)), terminal(&line), "{:?}", line);
        }

        #[test]
        fn any_line_comes_out_storable(line in "[\\PC\u{1b}\u{9b}\u{9d}\\[\\];mKGCDP\\\\\u{7}\u{8}\r\n\0\u{9}]{0,200}") {
            let cleaned = clean(&line);
            proptest::prop_assert!(cleaned.len() <= MAX_LINE_BYTES);
            proptest::prop_assert!(!cleaned.contains(unwanted));
            let again = clean(&cleaned).into_owned();
            proptest::prop_assert_eq!(again, cleaned.into_owned());
        }
    }
}
