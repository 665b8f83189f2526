//! Every name that the platform, the DNS or a mail standard keeps for itself, in one place.

/// Labels that no app may take, sorted: names of the platform, of mailboxes (RFC 2142), of services that
/// clients look up by a fixed label, and of addresses that certificate authorities trust.
const LABELS: &[&str] = &[
    "abuse",
    "account",
    "accounts",
    "acme-challenge",
    "admin",
    "administrator",
    "alerts",
    "analytics",
    "api",
    "app",
    "apps",
    "assets",
    "auth",
    "autoconfig",
    "autodiscover",
    "backup",
    "beta",
    "billing",
    "bimi",
    "blog",
    "broadcasthost",
    "ca",
    "cache",
    "caldav",
    "callback",
    "carddav",
    "cdn",
    "certificate",
    "certs",
    "checkout",
    "client",
    "config",
    "console",
    "contact",
    "control",
    "control-plane",
    "crl",
    "dane",
    "dashboard",
    "database",
    "db",
    "debug",
    "default",
    "deploy",
    "deployment",
    "deployments",
    "dev",
    "developer",
    "developers",
    "dkim",
    "dmarc",
    "dns",
    "dnssec",
    "docs",
    "documentation",
    "domain",
    "domainkey",
    "domains",
    "download",
    "downloads",
    "email",
    "example",
    "files",
    "forum",
    "ftp",
    "gateway",
    "git",
    "gpg",
    "grafana",
    "health",
    "healthcheck",
    "help",
    "helpdesk",
    "home",
    "host",
    "hosting",
    "hostmaster",
    "http",
    "https",
    "imap",
    "imap4",
    "imaps",
    "info",
    "internal",
    "invalid",
    "invoice",
    "invoices",
    "ipv4only",
    "isatap",
    "jabber",
    "jobs",
    "kerberos",
    "krb5",
    "ldap",
    "ldaps",
    "legal",
    "list",
    "live",
    "local",
    "localdomain",
    "localhost",
    "login",
    "logout",
    "logs",
    "mail",
    "mailer-daemon",
    "mailhost",
    "maintenance",
    "marketing",
    "metrics",
    "mobile",
    "monitor",
    "monitoring",
    "mta",
    "mta-sts",
    "mx",
    "nameserver",
    "network",
    "news",
    "newsletter",
    "nntp",
    "no-reply",
    "nobody",
    "noc",
    "node",
    "noreply",
    "notifications",
    "ns",
    "ntp",
    "null",
    "oauth",
    "ocsp",
    "official",
    "openpgpkey",
    "ops",
    "origin",
    "owner",
    "panel",
    "partner",
    "partners",
    "password",
    "payment",
    "payments",
    "pgp",
    "pki",
    "platform",
    "pop",
    "pop3",
    "pops",
    "portal",
    "postgres",
    "postmaster",
    "preview",
    "pricing",
    "privacy",
    "private",
    "prod",
    "production",
    "profile",
    "prometheus",
    "proxy",
    "public",
    "rdns",
    "redis",
    "register",
    "registry",
    "relay",
    "reserved",
    "root",
    "router",
    "rsync",
    "sales",
    "sandbox",
    "secure",
    "security",
    "server",
    "service",
    "services",
    "session",
    "sessions",
    "settings",
    "setup",
    "sftp",
    "shop",
    "signin",
    "signout",
    "signup",
    "sip",
    "sips",
    "sitemap",
    "smtp",
    "smtp-relay",
    "smtps",
    "snmp",
    "socket",
    "spf",
    "srv",
    "ssh",
    "ssl",
    "ssladmin",
    "ssladministrator",
    "sslwebmaster",
    "staging",
    "static",
    "stats",
    "status",
    "storage",
    "store",
    "sts",
    "stun",
    "subdomain",
    "superuser",
    "support",
    "sysadmin",
    "syslog",
    "system",
    "team",
    "telnet",
    "terms",
    "test",
    "testing",
    "time",
    "tls",
    "tlsa",
    "traefik",
    "turn",
    "undefined",
    "upload",
    "uploads",
    "usenet",
    "users",
    "uucp",
    "vpn",
    "web",
    "webhook",
    "webhooks",
    "webmail",
    "webmaster",
    "websocket",
    "whois",
    "wildcard",
    "wise-hosting",
    "wisehosting",
    "wkd",
    "worker",
    "workers",
    "wpad",
    "www",
    "xmpp",
    "zone",
    "zones",
];

/// Labels that are reserved with a number behind them as well: `mx1`, `ns05`, `smtp-2`. Sorted.
const NUMBERED: &[&str] = &[
    "autoconfig",
    "autodiscover",
    "dns",
    "ftp",
    "imap",
    "isatap",
    "mail",
    "mailhost",
    "mta",
    "mx",
    "nameserver",
    "ns",
    "ntp",
    "pop",
    "relay",
    "smtp",
    "webmail",
    "wpad",
    "www",
];

/// Suffixes that the public DNS does not delegate or keeps for documentation, sorted: RFC 2606, 6761, 6762
/// with appendix G, 7686, 8375 and 9476, `.internal` and the collisions that ICANN keeps back (`corp`,
/// `home`, `mail`), and names that other resolvers use.
const SUFFIXES: &[&str] = &[
    "alt",
    "arpa",
    "bit",
    "corp",
    "dhcp",
    "domain",
    "example",
    "example.com",
    "example.net",
    "example.org",
    "exit",
    "gnu",
    "home",
    "home.arpa",
    "i2p",
    "internal",
    "intra",
    "intranet",
    "invalid",
    "lan",
    "local",
    "localdomain",
    "localhost",
    "mail",
    "onion",
    "private",
    "test",
    "workgroup",
    "zkey",
];

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
