//! From the configuration of a service to its data layer.

use secrecy::SecretString;
#[cfg(feature = "cache")]
use wh_cache::{Cache, CacheSettings};
#[cfg(feature = "cache")]
use wh_config::Redis;
use wh_config::{Config, ServerSecrets};
use wh_crypto::{CryptoError, KeyRing, Unencrypted};
use wh_plans::Plans;
#[cfg(feature = "cache")]
use wh_repo::Database;
use wh_repo::{DatabaseSettings, MaintenanceOptions, Policy};

use crate::{DataLayer, StartError};

impl DataLayer {
    /// Starts with a configuration: key ring from the server secrets, plans with their overrides, the mailer, migrations over the
    /// direct host where one is named (`Connect` and `EnableSecretEncryption` of the reference). The cache is in the process, and in
    /// the Redis of the configuration where it names one; a Redis that does not answer is a warning.
    ///
    /// # Errors
    /// As [`open`](Self::open), and [`StartError::Keys`], [`StartError::Plans`], `StartError::Cache`,
    /// `StartError::Mail`.
    pub async fn start(config: &Config) -> Result<Self, StartError> {
        let unencrypted =
            if config.security.refuse_unencrypted { Unencrypted::Refuse } else { Unencrypted::HandBack };
        let keys = key_ring(&config.server_secrets())?.with_unencrypted(unencrypted);
        let plans = Plans::with_overrides(&config.plans)?;
        let direct = direct_settings(config);
        #[cfg(feature = "mail")]
        let mailer = wh_mail::Mailer::start(crate::mail_settings(config)?, keys.clone())?;
        let db = Self::connect(direct, database_settings(config), keys, plans).await?;
        let db = db.with_default_limits(config.default_limits()).with_policy(policy(config));
        let started = Self {
            db,
            #[cfg(feature = "mail")]
            mailer,
        };
        #[cfg(feature = "cache")]
        let started = {
            let cache = cache(&config.redis, started.db()).await?;
            started.with_cache(cache)
        };
        Ok(started)
    }
}

/// The key ring of these secrets. It writes the form that is set beside them.
///
/// # Errors
/// [`CryptoError::EmptySecret`], which no configuration holds.
pub fn key_ring(secrets: &ServerSecrets) -> Result<KeyRing, CryptoError> {
    Ok(KeyRing::new(&secrets.current, &secrets.previous)?.with_form(secrets.stored_form))
}

/// What maintenance keeps and gives up, as far as the configuration says: `jobs.build_timeout`.
#[must_use]
pub fn maintenance_options(config: &Config) -> MaintenanceOptions {
    MaintenanceOptions { build_timeout: config.build_timeout(), ..MaintenanceOptions::default() }
}

/// What operations go by, as far as the configuration says: `security.session_lifetime` and `platform.domain`.
#[must_use]
pub fn policy(config: &Config) -> Policy {
    Policy::default()
        .with_session_lifetime(config.session_lifetime())
        .with_platform_domain(config.platform_domain())
}

/// The settings of the cache, as far as the configuration says: `redis.ttl`.
#[cfg(feature = "cache")]
#[must_use]
pub fn cache_settings(config: &Config) -> CacheSettings {
    settings_of(&config.redis)
}

#[cfg(feature = "cache")]
fn settings_of(redis: &Redis) -> CacheSettings {
    CacheSettings { default_ttl: redis.ttl, ..CacheSettings::default() }
}

/// The cache of the configuration: in this process, and in a Redis if one is named.
#[cfg(feature = "cache")]
pub(crate) async fn cache(redis: &Redis, db: &Database) -> Result<Cache, StartError> {
    let settings = settings_of(redis);
    let Some(url) = redis.connection_url() else {
        return Ok(Cache::in_process(settings));
    };
    in_redis(db, settings, url).await
}

#[cfg(feature = "redis")]
async fn in_redis(db: &Database, settings: CacheSettings, url: SecretString) -> Result<Cache, StartError> {
    let installation = db.installation().await.map_err(StartError::Installation)?;
    Ok(Cache::start(settings, wh_cache::RedisSettings::new(url, installation)).await?)
}

#[cfg(all(feature = "cache", not(feature = "redis")))]
#[expect(clippy::unused_async, reason = "the other one connects")]
async fn in_redis(_: &Database, _: CacheSettings, _: SecretString) -> Result<Cache, StartError> {
    Err(StartError::NoRedis)
}

/// The settings of the pool in a configuration: its section `database`.
#[must_use]
pub fn database_settings(config: &Config) -> DatabaseSettings {
    settings(config, config.database.url())
}

/// The settings of connections that go past a pooler, for migrations and what operators do: as [`database_settings`], with
/// `database.direct_host` and `database.direct_port`.
#[must_use]
pub fn direct_settings(config: &Config) -> DatabaseSettings {
    DatabaseSettings { pgbouncer: false, ..settings(config, config.database.direct_url()) }
}

fn settings(config: &Config, url: SecretString) -> DatabaseSettings {
    let database = &config.database;
    let direct = database.direct_host.is_some() || database.direct_port.is_some();
    DatabaseSettings {
        direct_url: direct.then(|| database.direct_url()),
        application_name: database.application_name.clone(),
        max_connections: database.max_open,
        min_idle: database.max_idle,
        max_lifetime: database.max_lifetime,
        idle_timeout: database.idle_timeout,
        acquire_timeout: database.acquire_timeout,
        connect_timeout: database.connect_timeout,
        statement_timeout: database.statement_timeout,
        idle_in_transaction_timeout: database.idle_in_transaction_timeout,
        pgbouncer: database.pgbouncer,
        ..DatabaseSettings::new(url)
    }
}
