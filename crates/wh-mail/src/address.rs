//! E-mail addresses in the form that every mail server takes.

use std::net::IpAddr;

use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};
use lettre::{Address, message::Mailbox};
use wh_types::is_blank;

use crate::clean::one_line;

/// Longest display name, in characters.
const MOST_NAME: usize = wh_types::Mailbox::MAX_NAME;

/// Reads an address without a display name. Its domain becomes A-labels (`bücher.example` is `xn--bcher-kva.example`), so that
/// only a local part outside ASCII needs a server with SMTPUTF8.
///
/// None for anything else, among it: an IP address in place of the domain (`ada@[203.0.113.7]`), and characters that could end a
/// header or a command of the protocol.
pub(crate) fn address(text: &str) -> Option<Address> {
    let text = text.trim();
    if text.len() > 320 || text.contains(|c: char| is_blank(c) || "<>\"\\(),;".contains(c)) {
        return None;
    }
    let (local, domain) = text.rsplit_once('@')?;
    Address::new(local, domain_in_ascii(domain)?).ok()
}

/// Reads `Name <address>`, or an address alone, which then gets the name `otherwise`.
pub(crate) fn mailbox(text: &str, otherwise: &str) -> Option<Mailbox> {
    let sender = wh_types::Mailbox::parse(text.trim()).ok()?;
    let (name, email) = match sender.as_str().strip_suffix('>').and_then(|text| text.rsplit_once('<')) {
        Some((name, email)) => (one_line(name.trim().trim_matches('"'), MOST_NAME), email),
        None => (String::new(), sender.as_str()),
    };
    let name = if name.is_empty() { otherwise.to_owned() } else { name };
    Some(Mailbox::new(Some(name), email.parse().ok()?))
}

/// A domain in A-labels and lower case. None for an IP address, and for what the DNS cannot hold.
fn domain_in_ascii(domain: &str) -> Option<String> {
    let mapped = Uts46::new().to_ascii(
        domain.as_bytes(),
        AsciiDenyList::STD3,
        Hyphens::CheckFirstLast,
        DnsLength::Verify,
    );
    mapped.ok().filter(|ascii| ascii.parse::<IpAddr>().is_err()).map(std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_is_written_in_a_labels() {
        // The A-labels are those of IANA's test domains and of Python's `idna`.
        for (given, sent) in [
            ("ada@example.org", "ada@example.org"),
            (" Ada.Lovelace+x@Example.ORG ", "Ada.Lovelace+x@example.org"),
            ("ada@bücher.example", "ada@xn--bcher-kva.example"),
            ("ada@BÜCHER.example", "ada@xn--bcher-kva.example"),
            ("ada@xn--bcher-kva.example", "ada@xn--bcher-kva.example"),
            ("ada@faß.example", "ada@xn--fa-hia.example"),
            ("ada@例え.テスト", "ada@xn--r8jz45g.xn--zckzah"),
            ("ada@мтс.испытание", "ada@xn--l1akc.xn--80akhbyknj4f"),
            ("дарья@пример.испытание", "дарья@xn--e1afmkfd.xn--80akhbyknj4f"),
            ("ada@localhost", "ada@localhost"),
        ] {
            assert_eq!(address(given).unwrap().to_string(), sent, "{given}");
        }
    }

    #[test]
    fn what_no_mail_can_be_sent_to_is_no_address() {
        for given in [
            "",
            "ada",
            "@example.org",
            "ada@",
            "ada@[203.0.113.7]",
            "ada@[IPv6:2001:db8::7]",
            "ada@203.0.113.7",
            "ada@2001:db8::7",
            "ada@example..org",
            "ada@-example.org",
            "ada@example.org.",
            "ada@exa mple.org",
            "ada@xn--a.example",
            "ada@b@example.org",
            ".ada@example.org",
            "a..da@example.org",
            "Ada <ada@example.org>",
            "ada\u{202e}@example.org",
            &format!("{}@example.org", "a".repeat(65)),
            &format!("ada@{}.example", "a".repeat(64)),
        ] {
            assert_eq!(address(given), None, "{given:?}");
        }
    }

    #[test]
    fn a_mailbox_has_a_name() {
        let written = |given| mailbox(given, "Acme").map(|mailbox| mailbox.to_string());
        for (given, sent) in [
            ("hilfe@bücher.example", "Acme <hilfe@xn--bcher-kva.example>"),
            ("Hilfe <hilfe@bücher.example>", "Hilfe <hilfe@xn--bcher-kva.example>"),
            ("\"Acme, Inc.\" <s@acme.dev>", "\"Acme, Inc.\" <s@acme.dev>"),
            ("<s@acme.dev>", "Acme <s@acme.dev>"),
        ] {
            assert_eq!(written(given).as_deref(), Some(sent), "{given}");
        }
        for given in ["Acme", "Acme <>", "Acme <s@acme.dev", "a@b.dev, c@d.dev", "Acme <s@[192.0.2.1]>"] {
            assert_eq!(written(given), None, "{given}");
        }
    }
}
