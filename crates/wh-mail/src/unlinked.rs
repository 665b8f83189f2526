//! Text from outside that must not become a link.
//!
//! Mail clients turn host names, web and mail addresses, phone and file links in a text into links, in both parts of a mail. So
//! a city called `www.evil.example` would lead the readers of a mail that they trust to somebody else. Invisible characters in
//! between do not help: some clients take them for part of the name, and a copied name would differ from the shown one.
//! Brackets are visible, end a link for every client, and are what security reports use.

use std::net::Ipv4Addr;

/// The same text, with a bracket around each sign that could hold a link together: `www[.]evil[.]example`.
///
/// Numbers with dots (`Firefox 140.0.1`), abbreviations (`Washington D.C.`) and dots at the end of a word stay.
pub(crate) fn unlinked(text: &str) -> String {
    text.split(' ').map(unlinked_word).collect::<Vec<_>>().join(" ")
}

fn unlinked_word(word: &str) -> String {
    if is_number(word) || is_abbreviation(word) {
        return word.to_owned();
    }
    let mut out = String::with_capacity(word.len());
    let mut rest = word.chars().peekable();
    while let Some(c) = rest.next() {
        if joins(c) && rest.peek().is_some() || c == '\\' {
            out.extend(['[', c, ']']);
        } else {
            out.push(c);
        }
    }
    out
}

/// Dots as browsers take them in a host name, `@` and `:` in all widths.
fn joins(c: char) -> bool {
    matches!(
        c,
        '.' | '\u{3002}'
            | '\u{ff0e}'
            | '\u{ff61}'
            | '\u{2024}'
            | '\u{fe52}'
            | '@'
            | '\u{ff20}'
            | '\u{fe6b}'
            | ':'
            | '\u{ff1a}'
            | '\u{fe55}'
            | '\u{fe13}'
    )
}

/// A version or another number with dots. An IPv4 address is a host.
fn is_number(word: &str) -> bool {
    word.chars().all(|c| c.is_ascii_digit() || ".,()".contains(c)) && word.parse::<Ipv4Addr>().is_err()
}

/// Single letters with a dot after each, like `D.C.`: no top-level domain has one letter.
fn is_abbreviation(word: &str) -> bool {
    let word = word.trim_end_matches([',', ')']).trim_start_matches('(');
    let parts = word.strip_suffix('.').unwrap_or(word).split('.');
    parts.into_iter().all(|part| part.chars().count() == 1 && part.chars().all(char::is_alphabetic))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_a_client_would_link_is_broken_apart() {
        for (given, shown) in [
            ("www.evil.example", "www[.]evil[.]example"),
            ("evil.com/login?a=b", "evil[.]com/login?a=b"),
            ("https://evil.example", "https[:]//evil[.]example"),
            ("http://localhost", "http[:]//localhost"),
            ("Berlin, see evil.example.", "Berlin, see evil[.]example."),
            ("help@evil.example", "help[@]evil[.]example"),
            ("help@localhost", "help[@]localhost"),
            ("mailto:help", "mailto[:]help"),
            ("tel:+1-900-555-0100", "tel[:]+1-900-555-0100"),
            ("(evil.example)", "(evil[.]example)"),
            ("evil。example", "evil[。]example"),
            ("ｅｖｉｌ．ｃｏｍ", "ｅｖｉｌ[．]ｃｏｍ"),
            ("bücher.example", "bücher[.]example"),
            ("xn--bcher-kva.example", "xn--bcher-kva[.]example"),
            ("203.0.113.7", "203[.]0[.]113[.]7"),
            ("203.0.113.7:8080", "203[.]0[.]113[.]7[:]8080"),
            ("\\\\evil\\share", "[\\][\\]evil[\\]share"),
            ("file:///evil", "file[:]///evil"),
            ("x.example.", "x[.]example."),
        ] {
            assert_eq!(unlinked(given), shown, "{given}");
        }
    }

    #[test]
    fn what_no_client_links_stays_as_it_is() {
        for text in [
            "Berlin",
            "St. Gallen",
            "Washington D.C.",
            "Washington, D.C.",
            "U.S.A",
            "Firefox 140.0.1",
            "Chrome 126.0.6478.127",
            "macOS 15.1 (24.1)",
            "Congo, Dem. Rep. of the",
            "Côte d'Ivoire",
            "東京",
            "Firefox/140",
            "",
        ] {
            assert_eq!(unlinked(text), text);
        }
    }

    proptest! {
        #[test]
        fn no_name_of_a_host_is_left(labels in prop::collection::vec("[a-z\u{e0}-\u{f6}0-9]{2,8}", 1..4), end in "[a-z]{2,6}") {
            let host = format!("{}.{end}", labels.join("."));
            let shown = unlinked(&format!("a {host}/x b"));
            prop_assert!(!shown.contains('.') || shown.matches('.').count() == shown.matches("[.]").count(), "{shown}");
            prop_assert_eq!(shown.replace("[.]", "."), format!("a {host}/x b"));
        }
    }
}
