//! Every name that the platform, the DNS or a mail standard keeps for itself, in one place.

/// Labels that no app may take, sorted.
const LABELS: &[&str] = &[
    "abuse",
    "account",
    "accounts",
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
    "blog",
    "broadcasthost",
    "cache",
    "callback",
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
    "dns",
    "docs",
    "documentation",
    "domain",
    "domains",
    "download",
    "downloads",
    "email",
    "example",
    "files",
    "forum",
    "ftp",
    "git",
    "grafana",
    "health",
    "healthcheck",
    "help",
    "helpdesk",
    "home",
    "host",
    "hostmaster",
    "hosting",
    "http",
    "https",
    "imap",
    "internal",
    "invalid",
    "invoice",
    "invoices",
    "isatap",
    "jobs",
    "legal",
    "live",
    "local",
    "localhost",
    "localdomain",
    "login",
    "logout",
    "logs",
    "mail",
    "mailer-daemon",
    "maintenance",
    "marketing",
    "metrics",
    "mobile",
    "monitor",
    "monitoring",
    "mx",
    "network",
    "news",
    "newsletter",
    "nobody",
    "node",
    "noreply",
    "no-reply",
    "notifications",
    "ns",
    "ns1",
    "ns2",
    "ns3",
    "ns4",
    "null",
    "oauth",
    "official",
    "ops",
    "origin",
    "owner",
    "panel",
    "partner",
    "partners",
    "password",
    "payment",
    "payments",
    "platform",
    "pop",
    "pop3",
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
    "redis",
    "register",
    "registry",
    "reserved",
    "root",
    "router",
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
    "shop",
    "signin",
    "signout",
    "signup",
    "sitemap",
    "smtp",
    "socket",
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
    "subdomain",
    "superuser",
    "support",
    "sysadmin",
    "system",
    "team",
    "terms",
    "test",
    "testing",
    "tls",
    "traefik",
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
    "wisehosting",
    "wise-hosting",
    "worker",
    "workers",
    "wpad",
    "www",
    "www1",
    "www2",
    "zone",
    "zones",
];

/// Suffixes that the public DNS never delegates or keeps for documentation, sorted.
const SUFFIXES: &[&str] = &[
    "alt",
    "arpa",
    "corp",
    "example",
    "example.com",
    "example.net",
    "example.org",
    "home",
    "home.arpa",
    "internal",
    "invalid",
    "lan",
    "local",
    "localdomain",
    "localhost",
    "mail",
    "onion",
    "test",
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
    LABELS.contains(&label)
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
        for list in [LABELS, SUFFIXES] {
            let mut seen = std::collections::BTreeSet::new();
            for name in list {
                assert!(seen.insert(name), "{name} is listed twice");
                assert_eq!(*name, name.to_lowercase());
            }
        }
    }

    #[test]
    fn a_suffix_covers_itself_and_what_lies_under_it_but_not_what_only_ends_alike() {
        assert!(is_reserved_hostname("localhost"));
        assert!(is_reserved_hostname("shop.example.com"));
        assert!(!is_reserved_hostname("myexample.com"));
        assert!(!is_reserved_hostname("localhost.dev"));
    }
}
