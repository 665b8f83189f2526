//! Addresses that the platform itself writes from or is written to.

use serde::{Deserialize, Serialize};

use super::{Host, quoted, refuse};
use crate::{
    Invalid,
    text::{is_blank, validated_text},
};

/// An e-mail address in ASCII: a dot-atom of at most 64 characters, `@`, and a domain; an international
/// domain becomes `xn--…`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EmailAddress(String);

validated_text!(EmailAddress);

impl EmailAddress {
    /// The greatest length in characters, that of SMTP.
    pub const MAX: usize = 254;

    /// Reads an address alone, without a name beside it.
    ///
    /// # Errors
    /// [`Invalid::Form`] that says how an address is written.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let atom = |part: &str| {
            let allowed = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+/=?^_`{|}~-".contains(c);
            !part.is_empty() && part.chars().all(allowed)
        };
        let parsed = text.split_once('@').and_then(|(local, domain)| {
            let local = Some(local).filter(|local| local.len() <= 64 && local.split('.').all(atom))?;
            Some(format!("{local}@{}", mail_domain(domain)?))
        });
        parsed.filter(|address| address.len() <= Self::MAX).map(Self).map_or_else(
            || {
                refuse(
                    "e-mail address",
                    format!("{}is not an address: write one like support@acme.dev", quoted(text)),
                )
            },
            Ok,
        )
    }
}

/// A domain of mail in ASCII: no address, no underscore, no dot at its end.
fn mail_domain(text: &str) -> Option<String> {
    let ascii = if text.is_ascii() { text.to_owned() } else { idna::domain_to_ascii(text).ok()? };
    let host = Host::parse(&ascii).ok().filter(|host| host.address().is_none())?;
    (!host.as_str().contains('_') && !host.as_str().ends_with('.')).then(|| host.into_string())
}

/// A sender: `Acme <no-reply@acme.dev>`, or an address alone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Mailbox(String);

validated_text!(Mailbox);

impl Mailbox {
    /// The greatest length of the name in characters.
    pub const MAX_NAME: usize = 120;

    /// Reads a sender.
    ///
    /// # Errors
    /// [`Invalid::Form`] that says how a sender is written.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let (name, address) = match text.strip_suffix('>').and_then(|text| text.rsplit_once('<')) {
            Some((name, address)) => (Some(name.trim()), address),
            None => (None, text),
        };
        let fits = |name: &str| {
            name.chars().count() <= Self::MAX_NAME
                && name.chars().all(|c| c == ' ' || !is_blank(c))
                && !name.contains(['<', '>'])
        };
        match (name, EmailAddress::parse(address)) {
            (None | Some(""), Ok(address)) => Ok(Self(address.into_string())),
            (Some(name), Ok(address)) if fits(name) => Ok(Self(format!("{name} <{address}>"))),
            _ => refuse(
                "sender",
                "is not a sender: write one like no-reply@acme.dev or Acme <no-reply@acme.dev>",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_taken_in_ascii() {
        for (given, taken) in [
            ("support@acme.dev", "support@acme.dev"),
            ("a.b+c@x", "a.b+c@x"),
            ("ada@bücher.example", "ada@xn--bcher-kva.example"),
        ] {
            assert_eq!(EmailAddress::parse(given).unwrap(), taken);
        }
        let long = format!("{}@acme.dev", "x".repeat(65));
        for bad in [
            "",
            "nobody",
            "@a.b",
            "a@",
            "a@b@c",
            "a b@c",
            "a@b c",
            ".a@b",
            "a..b@c",
            "ä@b.c",
            "Acme <s@a.b>",
            "a@[203.0.113.7]",
            "a@10.0.0.1",
            "a@b_c",
            "a@b.",
            "a@b:25",
            "s@a.b\r\nBcc: x@y",
            &long,
        ] {
            assert!(EmailAddress::parse(bad).is_err(), "{bad}");
        }
        insta::assert_snapshot!(EmailAddress::parse("nobody").unwrap_err(), @r#"e-mail address "nobody" is not an address: write one like support@acme.dev"#);
    }

    #[test]
    fn a_sender_has_a_name_or_none() {
        for (given, taken) in [
            ("no-reply@acme.dev", "no-reply@acme.dev"),
            ("<no-reply@acme.dev>", "no-reply@acme.dev"),
            ("Acme & Söhne <x@y>", "Acme & Söhne <x@y>"),
            ("Acme <ada@bücher.example>", "Acme <ada@xn--bcher-kva.example>"),
        ] {
            assert_eq!(Mailbox::parse(given).unwrap(), taken);
        }
        for bad in [
            "",
            "Acme",
            "Acme <>",
            "Acme <x@y",
            "A\nB <x@y>",
            "A\u{200b} <x@y>",
            "a <b> <x@y>",
            &format!("{} <x@y>", "n".repeat(121)),
        ] {
            assert!(Mailbox::parse(bad).is_err(), "{bad}");
        }
    }
}
