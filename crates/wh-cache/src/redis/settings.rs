//! Settings of the Redis tier.

use std::{path::PathBuf, time::Duration};

use secrecy::SecretString;

use crate::installation::Installation;

/// A Redis or Valkey, version 6 or newer: one server, a cluster, or a group watched by sentinels.
#[derive(Debug, Clone)]
pub struct RedisSettings {
    /// Where it is: `redis://user:password@host:6379/0`, `redis-cluster://host:6379?node=host2:6379`, or
    /// `redis-sentinel://host:26379/0?sentinelServiceName=main&node=host2:26379` (with `sentinelUsername` and `sentinelPassword` if the
    /// sentinels ask for them). `rediss` in place of `redis` speaks TLS; `valkey` and `valkeys` mean the same.
    pub url: SecretString,
    /// The ACL user, in place of the URL's.
    pub username: Option<String>,
    /// The password, in place of the URL's.
    pub password: Option<SecretString>,
    /// The number of the database, in place of the URL's.
    pub database: Option<u8>,
    /// A PEM file of the authorities that may sign the server's certificate; the system's if unset.
    pub authorities: Option<PathBuf>,
    /// The installation that the entries belong to. Others on the same Redis have other keys and another channel.
    pub installation: Installation,
    /// Time limit of one answer. The first answer that takes longer opens the breaker until the server is well again. Default 75 ms.
    pub command_timeout: Duration,
    /// Time limit of one attempt to reconnect. Default 400 ms; a distant server may need more.
    pub connect_timeout: Duration,
    /// Time limit of connecting at start. Default five seconds.
    pub start_timeout: Duration,
    /// Time after an outage in which nothing is read, so that every process can send its pending evictions first. Default 450 ms:
    /// the longest attempt to connect, and the pause before it.
    pub grace: Duration,
    /// Maximum duration of a load whose result is stored in Redis. Default one minute.
    pub longest_load: Duration,
}

impl RedisSettings {
    /// The server at `url` for this installation, and the defaults for everything else.
    #[must_use]
    pub fn new(url: impl Into<SecretString>, installation: Installation) -> Self {
        Self {
            url: url.into(),
            username: None,
            password: None,
            database: None,
            authorities: None,
            installation,
            command_timeout: Duration::from_millis(75),
            connect_timeout: Duration::from_millis(400),
            start_timeout: Duration::from_secs(5),
            grace: Duration::from_millis(450),
            longest_load: Duration::from_mins(1),
        }
    }
}
