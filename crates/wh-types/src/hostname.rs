//! A domain that a user points at an app.

use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};
use serde::{Deserialize, Serialize};

use crate::invalid::shown;
use crate::{Invalid, reserved, text::validated_text};

/// A public host name in its DNS form: lower case, international letters as `xn--…`, at least two labels, no
/// address, no trailing dot, not under a reserved domain.
///
/// The list of public suffixes (`co.uk`) is not looked at: it changes weekly, and only somebody who controls
/// a name can verify it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Hostname(String);

validated_text!(Hostname);

impl Hostname {
    /// Takes a host name from outside and brings it into its DNS form (`Bücher.DE.` becomes
    /// `xn--bcher-kva.de`).
    ///
    /// # Errors
    /// [`Invalid`] for what is no public host name: one label, an address, a port or path, a reserved domain.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let refuse = |problem| Err(Invalid::Hostname { given: shown(text), problem });
        let bare = text.strip_suffix('.').unwrap_or(text);
        let unbracketed = bare.trim_start_matches('[').trim_end_matches(']');
        if unbracketed.parse::<std::net::IpAddr>().is_ok() {
            return refuse("is an address: give the name that points to it");
        }
        let mapped = Uts46::new().to_ascii(
            bare.as_bytes(),
            AsciiDenyList::STD3,
            Hyphens::CheckFirstLast,
            DnsLength::Verify,
        );
        let Ok(ascii) = mapped else {
            return refuse(
                "is not a host name: give letters, digits and hyphens in labels of at most 63, joined by dots, 253 in all, \
                 without scheme, port or path",
            );
        };
        let Some((_, last)) = ascii.rsplit_once('.') else {
            return refuse("has one label only: give the full name, like shop.example");
        };
        if last.starts_with(|first: char| first.is_ascii_digit()) {
            return refuse("ends like an address: the last label of a name begins with a letter");
        }
        if reserved::is_reserved_hostname(&ascii) {
            return Err(Invalid::Reserved { what: "host name", given: shown(text) });
        }
        Ok(Self(ascii.into_owned()))
    }

    /// Takes a host name as the database gave it.
    #[must_use]
    pub const fn from_stored(stored: String) -> Self {
        Self(stored)
    }

    /// True where this is `domain` or lies under it: the platform's own domain is not for users to claim.
    #[must_use]
    pub fn is_within(&self, domain: &str) -> bool {
        reserved::is_within(&self.0, &domain.trim_end_matches('.').to_ascii_lowercase())
    }
}

#[cfg(feature = "diesel")]
crate::columns::stored_text_columns!(Hostname);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_take_their_dns_form() {
        for (given, stored) in [
            ("Shop.Acme.DEV", "shop.acme.dev"),
            ("bücher.de", "xn--bcher-kva.de"),
            ("BÜCHER.de.", "xn--bcher-kva.de"),
            ("例え.jp", "xn--r8jz45g.jp"),
            ("xn--bcher-kva.de", "xn--bcher-kva.de"),
            ("a--b.acme.dev", "a--b.acme.dev"),
        ] {
            assert_eq!(Hostname::parse(given).unwrap(), stored, "{given}");
        }
    }

    #[test]
    fn what_is_no_public_host_name_is_refused() {
        for given in [
            "",
            ".",
            "acme",
            "acme..dev",
            ".acme.dev",
            "-a.acme.dev",
            "a-.acme.dev",
            "a_b.acme.dev",
            "*.acme.dev",
            "acme.dev:80",
            "https://acme.dev",
            "acme.dev/x",
            "a b.dev",
            "10.0.0.1",
            "1.2.3",
            "0x7f.1",
            "acme.0x7f",
            "::1",
            "[::1]",
            "xn--a.dev",
            "acme.dev..",
            "acme\0.dev",
        ] {
            assert!(Hostname::parse(given).is_err(), "{given}");
        }
        assert!(Hostname::parse(&format!("{}.dev", "a".repeat(64))).is_err());
        assert!(Hostname::parse(&format!("{}dev", "a.".repeat(126))).is_err());
    }

    #[test]
    fn each_refusal_says_which_rule_and_what_would_be_right() {
        let refusal = |given: &str| Hostname::parse(given).unwrap_err().to_string();
        insta::assert_snapshot!(refusal("acme"), @r#"host name "acme" has one label only: give the full name, like shop.example"#);
        insta::assert_snapshot!(refusal("127.0.0.1"), @r#"host name "127.0.0.1" is an address: give the name that points to it"#);
        insta::assert_snapshot!(refusal("127.1"), @r#"host name "127.1" ends like an address: the last label of a name begins with a letter"#);
        insta::assert_snapshot!(refusal("shop.example.com"), @r#"host name "shop.example.com" is reserved: choose another"#);
        insta::assert_snapshot!(refusal("acme.dev:80"), @r#"host name "acme.dev:80" is not a host name: give letters, digits and hyphens in labels of at most 63, joined by dots, 253 in all, without scheme, port or path"#);
    }

    #[test]
    fn the_platform_recognises_its_own_domain() {
        let host = Hostname::parse("a.apps.acme.dev").unwrap();
        assert!(host.is_within("Acme.dev"));
        assert!(host.is_within("a.apps.acme.dev."));
        assert!(!host.is_within("me.dev"));
    }
}
