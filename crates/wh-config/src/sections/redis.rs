use std::time::Duration;

use secrecy::SecretString;

use super::section;
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
        /// How long an entry lives unless its writer says otherwise.
        ttl: Duration, default "5m";
    }
}

impl Redis {
    pub(crate) fn check(&self, reader: &mut Reader<'_>) {
        let Some(addr) = &self.addr else { return };
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
}
