//! A configuration that exists is one that a start takes: its defaults are those of the crates, and what it accepts they accept.
#![expect(clippy::unwrap_used, reason = "a test that cannot arrange its world must stop")]

use wh_data::config::{Config, Sources};
use wh_data::crypto::KeyRing;
use wh_data::mail::Mailer;
use wh_data::plans::Plans;
use wh_data::repo::DatabaseSettings;
use wh_data::{database_settings, mail_settings};

fn sources() -> Sources {
    Sources::new()
        .variable("WH_DATABASE__PASSWORD", "x")
        .variable("WH_API_SERVER__SECRET", "a server secret for tests")
        .variable("WH_CONTAINER__PORT_RANGE_START", "30000")
        .variable("WH_CONTAINER__PORT_RANGE_END", "31000")
        .variable("WH_PLATFORM__DOMAIN", "acme.dev")
}

fn config(yaml: &str) -> Option<Config> {
    Config::from_sources(sources().yaml("config.yaml", yaml)).ok()
}

#[test]
fn the_defaults_of_the_configuration_are_those_of_the_pool() {
    let from_config = database_settings(&config("").unwrap());
    let own = DatabaseSettings::new(from_config.url.clone());
    assert_eq!(format!("{from_config:#?}"), format!("{own:#?}"));
}

#[test]
fn settings_of_the_configuration_reach_the_pool() {
    let yaml = "database: { application_name: panel, acquire_timeout: 9s, connect_timeout: 4s, idle_timeout: 90s, max_open: 7, \
                statement_timeout: 24d20h31m23s647ms, idle_in_transaction_timeout: 3m, direct_host: db, max_lifetime: 4m }";
    let settings = database_settings(&config(yaml).unwrap());
    assert_eq!(settings.application_name, "panel");
    assert_eq!((settings.acquire_timeout.as_secs(), settings.connect_timeout.as_secs()), (9, 4));
    assert_eq!((settings.idle_timeout.as_secs(), settings.max_lifetime.as_secs()), (90, 240));
    assert_eq!((settings.max_connections, settings.min_idle), (7, 5));
    assert_eq!(settings.statement_timeout.as_millis(), 2_147_483_647);
    assert_eq!(settings.idle_in_transaction_timeout.as_secs(), 180);
    assert!(settings.direct_url.is_some());
}

/// Starts what needs no server; each must take what the configuration took.
fn starts(config: &Config) -> Result<(), String> {
    let keys = KeyRing::new(&config.api_server.secret, &[]).unwrap();
    Plans::with_overrides(&config.plans).map_err(|error| error.to_string())?;
    let mail = mail_settings(config).map_err(|error| error.to_string())?;
    Mailer::start(mail, keys).map_err(|error| error.to_string())?;
    // Nobody listens there, which is no fault of the settings.
    let settings = database_settings(config).with_connections(1);
    wh_data::repo::Connector::new(settings).map_err(|error| error.to_string())?;
    Ok(())
}

#[tokio::test]
async fn what_the_configuration_accepts_the_start_accepts() {
    let hosts =
        ["localhost", "db1,db2", "::1", "[::1]", "my_db", "/run/postgresql", "db.internal.", "10.0.0.1"];
    let durations = ["1ms", "24d", "24d20h31m23s647ms", "25d", "30d", "300000d"];
    let addresses = [
        "s@a.b",
        "Acme <s@a.b>",
        "s@bücher.de",
        "nobody",
        "a@b@c",
        "s@[203.0.113.7]",
        "s@a_b.c",
        "<s@a.b>",
        "\"A, B\" <s@a.b>",
    ];
    let smtp = "host: h, account: apikey, password: x";
    let mut documents: Vec<String> = Vec::new();
    documents.extend(hosts.map(|host| format!("database: {{host: '{host}'}}")));
    documents.extend(hosts.map(|host| format!("smtp: {{host: '{host}', account: a@b.c, password: x}}")));
    for duration in durations {
        documents.push(format!(
            "database: {{statement_timeout: {duration}, idle_in_transaction_timeout: {duration}}}"
        ));
        documents.push(format!(
            "database: {{connect_timeout: {duration}, acquire_timeout: {duration}, max_lifetime: {duration}}}"
        ));
    }
    for address in addresses {
        documents.push(format!("platform: {{support_address: '{address}'}}\nsmtp: {{{smtp}}}"));
        documents.push(format!("smtp: {{{smtp}, from: '{address}'}}"));
        documents.push(format!("smtp: {{transport: log, account: '{address}'}}"));
    }
    for name in ["Acme", "A & B <c>", "Söhne", "\u{200b}", " ", "ab"] {
        documents.push(format!("platform: {{name: '{name}'}}\nsmtp: {{{smtp}}}"));
    }
    for plans in [
        "{pro: {max_apps: 8}}",
        "{pr0: {}}",
        "{team: {max_apps: 1, cpu: 1, memory: 1MiB, disk: 1MiB}}",
        "{team: {max_apps: 1, cpu: 1, memory: 1MiB, disk: 1MiB, bandwidth: 1kbit}}",
        "{free: {memory: 4000000GiB}}",
        "{free: {memory: 2147483647MiB}}",
        "{free: {max_apps: 2147483648}}",
    ] {
        documents.push(format!("plans: {plans}"));
    }
    documents.push(format!("smtp: {{{smtp}}}"));
    let mut taken = 0;
    for document in &documents {
        if let Some(config) = config(document) {
            taken += 1;
            assert_eq!(starts(&config), Ok(()), "{document}");
        }
    }
    assert!(taken > 30 && taken < documents.len(), "{taken} of {}", documents.len());
}

#[cfg(feature = "redis")]
#[tokio::test]
async fn a_redis_that_the_configuration_accepts_the_cache_accepts() {
    use wh_data::cache::{Cache, CacheError, CacheSettings, RedisSettings};
    let urls = [
        "redis://127.0.0.1:1",
        "redis://u:p%40ss@[::1]:1/255",
        "redis://127.0.0.1:1/256",
        "redis://h:99999/0",
        "redis-cluster://127.0.0.1:1?node=127.0.0.1:2",
        "redis-cluster://127.0.0.1:1/1",
        "redis-sentinel://127.0.0.1:1/0?sentinelServiceName=main&node=127.0.0.1:2",
        "redis-sentinel://127.0.0.1:1",
    ];
    let mut documents: Vec<_> = urls.iter().map(|url| format!("redis: {{url: '{url}'}}")).collect();
    documents.extend(
        ["127.0.0.1:1", "[::1]:1", "fe80::1", "h#x:1"]
            .map(|addr| format!("redis: {{addr: '{addr}', password: 'p@s/s', db: 3}}")),
    );
    let mut taken = 0;
    for document in &documents {
        let Some(url) = config(document).and_then(|config| config.redis.connection_url()) else { continue };
        taken += 1;
        let settings = RedisSettings { start_timeout: std::time::Duration::from_millis(50), ..redis(url) };
        let started = Cache::start(CacheSettings::default(), settings).await;
        assert!(
            !matches!(started, Err(CacheError::Url { .. } | CacheError::Scheme { .. })),
            "{document}: {started:?}"
        );
    }
    assert!(taken >= 6, "{taken} of {}", documents.len());
}

fn redis(url: secrecy::SecretString) -> wh_data::cache::RedisSettings {
    use wh_data::cache::{Installation, RedisSettings};
    RedisSettings::new(url, Installation::new(wh_data::types::new_app_uuid(), 1, "wise"))
}
