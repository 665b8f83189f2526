use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};

use super::section;
use crate::dsn::escape;
use crate::reader::Reader;
use crate::shape::Shape;

section! {
    /// The Redis cache, which is optional: without it the database gets more reads.
    Redis at "redis" checked {
        /// Host and port; no Redis if unset.
        addr: Option<String> as Shape::HostPort, optional "localhost:6379";
        /// Password; none if unset.
        password: Option<SecretString>, optional "change-me", credential "redis_password";
        /// Number of the database.
        db: u32 as Shape::Count { min: 0, max: 255 }, default "0";
        /// In place of `addr`, `password` and `db`, for what they cannot say: TLS, an ACL user, a cluster,
        /// sentinels.
        url: Option<SecretString> as Shape::RedisUrl, optional "rediss://wisehosting:change-me@redis.internal:6379/0", credential "redis_url";
        /// Life of an entry whose writer names none.
        ttl: Duration, default "5m";
    }
}

impl Redis {
    /// The URL of the server with password and database; none without a Redis.
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

    fn checked(self, reader: &mut Reader<'_>) -> Self {
        let parts = ["redis.addr", "redis.password", "redis.db"];
        if self.url.is_some() && (self.addr.is_some() || self.password.is_some() || self.db != 0) {
            let problem = "is set beside addr, password or db: write all of them into the one or the other";
            reader.refuse("redis.url", &parts, problem);
        }
        self
    }
}
