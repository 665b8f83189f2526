//! The e-mail address of an account.

use email_address::{EmailAddress, Options};
use unicode_normalization::UnicodeNormalization;

use crate::error::{Error, Result};

/// Most characters of an address.
const MAX: usize = 255;

/// The address as it is stored: in Unicode form NFC, without white space around it. Accounts are compared by its lower case,
/// which is `wh_email_key` in the database.
///
/// # Errors
/// [`Error::Invalid`] for what is no address. The message does not repeat it: an address belongs to a person.
pub(super) fn parse(text: &str) -> Result<String> {
    let address: String = text.trim().nfc().collect();
    let given = address.chars().count();
    if given > MAX {
        return Err(Error::invalid("email", format!("it has {given} characters, {MAX} are allowed")));
    }
    let form =
        Options::default().with_no_minimum_sub_domains().without_display_text().without_domain_literal();
    let hidden = |c: char| c.is_control() || c.is_whitespace();
    if address.contains(hidden) || EmailAddress::parse_with_options(&address, form).is_err() {
        return Err(Error::invalid("email", "it is not an e-mail address: write it like ada@example.org"));
    }
    Ok(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_trimmed_and_composed_and_keeps_its_case() {
        for (given, stored) in [
            ("ada@example.org", "ada@example.org"),
            (" Ada@Example.org\r\n", "Ada@Example.org"),
            ("\u{a0}ada@example.org\u{3000}", "ada@example.org"),
            ("a.b+c@x", "a.b+c@x"),
            ("o'brien@example.org", "o'brien@example.org"),
            // A letter and a combining diaeresis become one letter.
            ("a\u{308}da@bu\u{308}cher.example", "\u{e4}da@b\u{fc}cher.example"),
            ("ada@xn--bcher-kva.example", "ada@xn--bcher-kva.example"),
        ] {
            assert_eq!(parse(given).unwrap(), stored, "{given:?}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused_and_not_repeated() {
        let label = "x".repeat(63);
        let long = format!("ada@{label}.{label}.{label}.{label}.example");
        for given in [
            "",
            " ",
            "not an address",
            "ada",
            "@",
            "@example.org",
            "ada@",
            "ada@@example.org",
            "ada@a@b",
            "a b@example.org",
            "ada@exa mple.org",
            "ada@example..org",
            ".ada@example.org",
            "ada.@example.org",
            "a..da@example.org",
            "Ada <ada@example.org>",
            "ada@example.org, eve@example.org",
            "ada@[203.0.113.7]",
            "ada@example.org\0",
            "a\nda@example.org",
            "mailto:ada@example.org?x",
            &format!("{}@example.org", "x".repeat(65)),
            &long,
        ] {
            let refusal = parse(given).unwrap_err();
            assert!(matches!(refusal, Error::Invalid(_)), "{given:?}");
            let shown = refusal.to_string().replace("write it like ada@example.org", "");
            assert!(given.trim().len() < 2 || !shown.contains(given.trim()), "{refusal}");
        }
    }
}
