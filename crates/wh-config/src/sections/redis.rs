use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};

use super::section;
use crate::dsn::escape;
use crate::reader::Reader;

section! {
    /// The Redis cache, which is optional: without it the database is asked more often.
    Redis at "redis" {
        /// Host and port; no Redis if unset.
        addr: Option<String>, optional "localhost:6379";
        /// Password; none if unset.
        password: Option<SecretString>, optional "change-me", credential "redis_password";
        /// Number of the database.
        db: u32, default "0";
        /// In place of `addr`, `password` and `db`, for what they cannot say: TLS, an ACL user, a cluster, sentinels.
        url: Option<SecretString>, optional "rediss://wisehosting:change-me@redis.internal:6379/0", credential "redis_url";
        /// How long an entry lives unless its writer says otherwise.
        ttl: Duration, default "5m";
    }
}

/// What a server is reached by. Each may end in `-cluster` or `-sentinel`.
const SCHEMES: [&str; 4] = ["redis", "rediss", "valkey", "valkeys"];

impl Redis {
    /// Where the server is, with password and database in it; none without a Redis.
    #[must_use]
    pub fn connection_url(&self) -> Option<SecretString> {
        let from_parts = || {
            let addr = self.addr.as_ref()?;
            let password =
                self.password.as_ref().map(|password| format!(":{}@", escape(password.expose_secret())));
            Some(format!("redis://{}{addr}/{}", password.unwrap_or_default(), self.db).into())
        };
        self.url.clone().or_else(from_parts)
    }

    pub(crate) fn check(&self, reader: &mut Reader<'_>) {
        if let Some(addr) = &self.addr {
            check_addr(addr, reader);
        }
        let Some(url) = &self.url else { return };
        if !is_url(url.expose_secret()) {
            reader.refuse(
                "redis.url",
                "is no address of a Redis: write one like rediss://user:password@host:6379/0, with the scheme redis, rediss, \
                 valkey or valkeys, and -cluster or -sentinel behind it where it is one",
            );
        }
        if self.addr.is_some() || self.password.is_some() || self.db != 0 {
            reader.refuse(
                "redis.url",
                "is set beside addr, password or db: write all of them into the one or the other",
            );
        }
    }
}

fn check_addr(addr: &str, reader: &mut Reader<'_>) {
    let right = addr.rsplit_once(':').is_some_and(|(host, port)| {
        !host.is_empty() && !host.contains(['/', '@']) && port.parse::<u16>().is_ok_and(|port| port > 0)
    });
    if !right {
        // Somebody may have written a URL with a password, so the value is not shown.
        reader.refuse(
            "redis.addr",
            "is not host:port: write one like localhost:6379, and the password on its own",
        );
    }
}

fn is_url(url: &str) -> bool {
    let Some((scheme, rest)) = url.split_once("://") else { return false };
    let kind = scheme.strip_suffix("-cluster").or_else(|| scheme.strip_suffix("-sentinel")).unwrap_or(scheme);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    SCHEMES.contains(&kind) && !host.is_empty()
}
