//! Every name that the platform, the DNS or a mail standard keeps for itself, in one place.

mod names;

use names::{LABELS, NUMBERED, SUFFIXES};

/// The labels that neither an app name nor a subdomain may be.
#[must_use]
pub const fn reserved_labels() -> &'static [&'static str] {
    LABELS
}

/// The domains under which no custom host name may lie.
#[must_use]
pub const fn reserved_suffixes() -> &'static [&'static str] {
    SUFFIXES
}

/// True for a label that no app may take. Expects lower case.
#[must_use]
pub fn is_reserved_label(label: &str) -> bool {
    let stem = label.trim_end_matches(|c: char| c.is_ascii_digit());
    // `_` begins the names of service records, `xn--` and its kind those that the DNS encodes.
    LABELS.contains(&label)
        || NUMBERED.contains(&stem.trim_end_matches('-'))
        || label.starts_with('_')
        || label.get(2..4) == Some("--")
}

/// True for a reserved domain and for all names under it. Expects lower case.
#[must_use]
pub fn is_reserved_hostname(hostname: &str) -> bool {
    SUFFIXES.iter().any(|suffix| is_within(hostname, suffix))
}

/// True where `hostname` is `domain` or lies under it.
pub(crate) fn is_within(hostname: &str, domain: &str) -> bool {
    hostname.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_is_listed_twice_and_all_are_lower_case() {
        for list in [LABELS, NUMBERED, SUFFIXES] {
            let mut seen = std::collections::BTreeSet::new();
            for name in list {
                assert!(seen.insert(name), "{name} is listed twice");
                assert_eq!(*name, name.to_lowercase());
            }
            assert!(list.is_sorted());
        }
    }

    #[test]
    fn names_that_clients_trust_are_reserved_with_and_without_a_number() {
        for label in [
            "mta-sts",
            "openpgpkey",
            "mx",
            "mx1",
            "mx07",
            "ns5",
            "ns-12",
            "smtp2",
            "smtp-3",
            "autodiscover",
            "autodiscover1",
            "wpad",
            "isatap",
            "www1",
            "dns1",
            "pop3",
            "imap4",
            "_dmarc",
            "_acme-challenge",
            "xn--bcher-kva",
            "mail01",
        ] {
            assert!(is_reserved_label(label), "{label}");
        }
        for label in ["mxyz", "nsa", "smtpd-blog", "my-mx1", "shop-7", "answers", "mailing-1x"] {
            assert!(!is_reserved_label(label), "{label}");
        }
    }

    #[test]
    fn special_use_domains_are_not_public() {
        for hostname in [
            "shop.internal",
            "shop.local",
            "shop.localhost",
            "shop.test",
            "shop.example",
            "shop.invalid",
            "shop.onion",
            "shop.home.arpa",
            "shop.alt",
            "shop.intranet",
            "shop.lan",
            "shop.home",
            "shop.corp",
            "shop.mail",
            "shop.private",
        ] {
            assert!(is_reserved_hostname(hostname), "{hostname}");
        }
        assert!(!is_reserved_hostname("shop.mail.ru") && !is_reserved_hostname("intranet.acme.dev"));
    }

    #[test]
    fn a_suffix_covers_itself_and_what_lies_under_it_but_not_what_only_ends_alike() {
        assert!(is_reserved_hostname("localhost"));
        assert!(is_reserved_hostname("shop.example.com"));
        assert!(!is_reserved_hostname("myexample.com"));
        assert!(!is_reserved_hostname("localhost.dev"));
    }
}
