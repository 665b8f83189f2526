//! The values that are derived from settings.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use proptest::prelude::*;
use secrecy::ExposeSecret;
use wh_config::{Config, Sources};

fn sources() -> Sources {
    Sources::new()
        .variable("WH_DATABASE__PASSWORD", "secret")
        .variable("WH_API_SERVER__SECRET", "0123456789abcdef")
        .variable("WH_CONTAINER__PORT_RANGE_START", "30000")
        .variable("WH_CONTAINER__PORT_RANGE_END", "30000")
        .variable("WH_PLATFORM__DOMAIN", "acme.dev")
}

fn with(variables: &[(&str, &str)]) -> Config {
    let set = |sources: Sources, (name, value): &(&str, &str)| sources.variable(*name, *value);
    Config::from_sources(variables.iter().fold(sources(), set)).unwrap()
}

#[test]
fn addresses_and_urls_follow_host_port_and_tls() {
    let config = with(&[]);
    assert_eq!(config.api_server.addr(), "0.0.0.0:8080");
    assert_eq!(config.api_server.base_url().as_str(), "http://localhost:8080");
    assert_eq!(config.api_server.tls(), None);

    let config = with(&[
        ("WH_API_SERVER__HOST", "::1"),
        ("WH_API_SERVER__TLS_CERT", "/c"),
        ("WH_API_SERVER__TLS_KEY", "/k"),
    ]);
    assert_eq!(config.api_server.addr(), "[::1]:8080");
    assert_eq!(config.api_server.base_url().as_str(), "https://[::1]:8080");
    let files = config.api_server.tls().unwrap();
    assert_eq!((files.cert.to_str(), files.key.to_str()), (Some("/c"), Some("/k")));

    let config = with(&[("WH_API_SERVER__BASE_URL", "https://api.acme.dev/")]);
    assert_eq!(config.api_server.base_url().as_str(), "https://api.acme.dev");
}

#[test]
fn mail_is_enabled_by_host_account_and_password_together() {
    let all = [("WH_SMTP__HOST", "h"), ("WH_SMTP__ACCOUNT", "a@b"), ("WH_SMTP__PASSWORD", "p")];
    assert!(with(&all).smtp.enabled());
    for missing in 0..all.len() {
        let some: Vec<_> =
            all.iter().enumerate().filter(|(index, _)| *index != missing).map(|(_, set)| *set).collect();
        assert!(!with(&some).smtp.enabled());
    }
    assert_eq!(with(&all).smtp.sender(), Some("a@b"));
    assert_eq!(with(&[("WH_SMTP__FROM", "Acme <x@y>")]).smtp.sender(), Some("Acme <x@y>"));
    assert_eq!(with(&[("WH_SMTP__ACCOUNT", "apikey")]).smtp.sender(), None);
}

#[test]
fn an_oauth_client_needs_both_id_and_secret() {
    assert!(with(&[("WH_OAUTH__GITLAB__CLIENT_SECRET", "s")]).oauth.gitlab.client().is_none());
    let config = with(&[("WH_OAUTH__GITLAB__CLIENT_ID", "i"), ("WH_OAUTH__GITLAB__CLIENT_SECRET", "s")]);
    let client = config.oauth.git(wh_types::GitProvider::GitLab).unwrap();
    assert_eq!((client.client_id, client.client_secret.expose_secret(), client.redirect), ("i", "s", None));
    assert!(config.oauth.git(wh_types::GitProvider::Codeberg).is_none());
}

#[test]
fn limits_of_containers_are_exact() {
    let limits = with(&[]).container.default_limits();
    assert_eq!(
        (limits.cpu_milli, limits.memory_mib, limits.disk_mib, limits.pids, limits.bandwidth_kbit),
        (1000, 512, 1024, 256, 10_000)
    );
    assert_eq!(with(&[]).container.ports().count(), 1);
}

#[test]
fn the_direct_url_goes_round_the_pooler() {
    let config = with(&[("WH_DATABASE__HOST", "bouncer"), ("WH_DATABASE__PORT", "6432")]);
    assert_eq!(config.database.direct_url().expose_secret(), config.database.url().expose_secret());
    let config = with(&[("WH_DATABASE__DIRECT_HOST", "postgres"), ("WH_DATABASE__DIRECT_PORT", "5433")]);
    assert!(config.database.direct_url().expose_secret().contains("@postgres:5433/"));
    assert!(config.database.url().expose_secret().contains("@localhost:5432/"));
}

#[test]
fn the_address_of_redis_comes_from_its_parts_or_as_it_is() {
    let url = |config: Config| config.redis.connection_url().map(|url| url.expose_secret().to_owned());
    assert_eq!(url(with(&[])), None);
    assert_eq!(url(with(&[("WH_REDIS__ADDR", "cache:6379")])).unwrap(), "redis://cache:6379/0");
    let parts =
        [("WH_REDIS__ADDR", "[::1]:6379"), ("WH_REDIS__PASSWORD", "p@ss/w:rd"), ("WH_REDIS__DB", "3")];
    assert_eq!(url(with(&parts)).unwrap(), "redis://:p%40ss%2Fw%3Ard@[::1]:6379/3");
    let whole = "valkeys-sentinel://app:hunter2@sentinel:26379/1?sentinelServiceName=main";
    assert_eq!(url(Config::from_sources(sources().credential("redis_url", whole)).unwrap()).unwrap(), whole);
}

#[test]
fn an_address_of_redis_that_is_none_is_refused_and_not_shown() {
    let with_url = |url: &str| Config::from_sources(sources().variable("WH_REDIS__URL", url));
    for scheme in ["redis", "rediss", "valkey", "valkeys", "redis-cluster", "rediss-sentinel"] {
        with_url(&format!("{scheme}://app:hunter2@h:6379?sentinelServiceName=main")).unwrap();
    }
    for url in [
        "http://:hunter2@h",
        "hunter2",
        "redis://",
        "redis://hunter2@/",
        "unix:///hunter2",
        "redis-x://hunter2",
        "redis://hunter2:99999/0",
        "redis-sentinel://hunter2",
    ] {
        let message = with_url(url).unwrap_err().to_string();
        assert!(message.contains("redis.url: "), "{message}");
        assert!(!message.contains("hunter2"), "{message}");
    }
    for beside in ["WH_REDIS__ADDR", "WH_REDIS__PASSWORD", "WH_REDIS__DB"] {
        let value = if beside.ends_with("ADDR") { "h:1" } else { "7" };
        let both = sources().variable("WH_REDIS__URL", "redis://h").variable(beside, value);
        let message = Config::from_sources(both).unwrap_err().to_string();
        assert!(message.contains("redis.url: is set beside addr, password or db"), "{message}");
    }
}

fn has_no_blanks_around(text: &str) -> bool {
    !text.starts_with(wh_types::is_blank) && !text.ends_with(wh_types::is_blank)
}

#[test]
fn several_hosts_have_one_port_or_as_many_and_ask_for_the_primary() {
    let parsed =
        |config: &Config| config.database.url().expose_secret().parse::<tokio_postgres::Config>().unwrap();
    let config = with(&[("WH_DATABASE__HOST", "db1,db2,::1"), ("WH_DATABASE__PORT", "5433")]);
    let servers = parsed(&config);
    assert_eq!((servers.get_hosts().len(), servers.get_ports()), (3, [5433, 5433, 5433].as_slice()));
    assert_eq!(servers.get_target_session_attrs(), tokio_postgres::config::TargetSessionAttrs::ReadWrite);
    assert_eq!(servers.get_application_name(), Some("wh-data"));
    assert_eq!(
        (config.database.host.to_string(), config.database.port.to_string()),
        ("db1,db2,::1".into(), "5433".into())
    );

    let config = with(&[
        ("WH_DATABASE__HOST", "db1,/run/postgresql"),
        ("WH_DATABASE__PORT", "1,2"),
        ("WH_DATABASE__TARGET_SESSION_ATTRS", "any"),
        ("WH_DATABASE__APPLICATION_NAME", "panel"),
    ]);
    let servers = parsed(&config);
    assert_eq!(servers.get_ports(), &[1, 2]);
    assert_eq!(servers.get_target_session_attrs(), tokio_postgres::config::TargetSessionAttrs::Any);
    assert_eq!(servers.get_application_name(), Some("panel"));
    assert_eq!(
        parsed(&with(&[])).get_target_session_attrs(),
        tokio_postgres::config::TargetSessionAttrs::Any
    );
}

#[test]
fn a_caller_survives_one_attempt_to_connect_that_fails() {
    let database = with(&[]).database;
    assert!(database.connect_timeout < database.acquire_timeout);
    assert_eq!((database.idle_timeout.as_secs(), database.max_lifetime.as_secs()), (120, 300));
    // What is not set follows what is.
    let database = with(&[("WH_DATABASE__MAX_LIFETIME", "1m"), ("WH_DATABASE__MAX_OPEN", "3")]).database;
    assert_eq!((database.idle_timeout.as_secs(), database.max_idle), (60, 3));
}

#[test]
fn the_authorities_of_the_system_are_named_with_verify_full_alone() {
    let roots = |variables: &[(&str, &str)]| {
        let url = with(variables).database.url();
        let query = url.expose_secret().split_once('?').unwrap().1.to_owned();
        let value = |key: &str| query.split('&').find_map(|pair| pair.strip_prefix(key)).map(str::to_owned);
        (value("sslmode=").unwrap(), value("sslrootcert="))
    };
    let (mode, file) = ("WH_DATABASE__SSLMODE", "WH_DATABASE__SSL_ROOT_CERT");
    let system = Some("system".to_owned());
    assert_eq!(roots(&[]), ("prefer".into(), None));
    assert_eq!(roots(&[(mode, "verify-full")]), ("verify-full".into(), system.clone()));
    // As libpq has it, the system's authorities without a mode mean verify-full.
    assert_eq!(roots(&[(file, "system")]), ("verify-full".into(), system));
    for mode_with_file in ["require", "verify-ca", "verify-full"] {
        let given = [(mode, mode_with_file), (file, "/ca.pem")];
        assert_eq!(roots(&given), (mode_with_file.into(), Some("%2Fca.pem".into())));
    }
}

#[test]
fn what_the_repositories_read_is_at_hand() {
    let config = with(&[
        ("WH_SECURITY__SESSION_LIFETIME", "7d"),
        ("WH_JOBS__BUILD_TIMEOUT", "45m"),
        ("WH_CONTAINER__DEFAULT_PIDS", "64"),
    ]);
    assert_eq!((config.session_lifetime().as_secs(), config.build_timeout().as_secs()), (604_800, 2700));
    assert_eq!((config.default_limits().pids, config.platform_domain()), (64, "acme.dev"));
}

proptest! {
    #[test]
    fn any_password_survives_both_connection_strings(
        password in "[^\\x00]{1,40}".prop_filter("blanks at the ends are refused", |text| has_no_blanks_around(text)),
        user in "\\PC{1,20}".prop_filter("blanks at the ends are refused", |text| has_no_blanks_around(text)),
        name in "\\PC{1,20}".prop_filter("blanks at the ends are refused", |text| has_no_blanks_around(text)),
    ) {
        let config = with(&[
            ("WH_DATABASE__PASSWORD", &password), ("WH_DATABASE__USER", &user), ("WH_DATABASE__NAME", &name),
            ("WH_DATABASE__HOST", "db.internal"), ("WH_DATABASE__PORT", "6000"),
        ]);
        for text in [config.database.dsn(), config.database.url()] {
            let parsed: tokio_postgres::Config = text.expose_secret().parse().unwrap();
            prop_assert_eq!(parsed.get_password(), Some(password.as_bytes()));
            prop_assert_eq!(parsed.get_user(), Some(user.as_str()));
            prop_assert_eq!(parsed.get_dbname(), Some(name.as_str()));
            prop_assert_eq!(parsed.get_ports(), &[6000]);
            prop_assert_eq!(parsed.get_hosts(), &[tokio_postgres::config::Host::Tcp("db.internal".into())]);
        }
    }

    #[test]
    fn no_file_and_no_variable_panics(yaml in "\\PC*", value in "\\PC*") {
        for name in ["WH_DATABASE__PORT", "WH_API_SERVER__PREVIOUS_SECRETS", "WH_JOBS__POLL_INTERVAL", "WH_PLANS__PRO__CPU", "WH_REDIS__ADDR"] {
            let _ = Config::from_sources(sources().yaml("config.yaml", yaml.clone()).variable(name, value.clone()));
        }
    }

    #[test]
    fn no_yaml_alike_panics_or_shows_a_secret(
        parts in prop::collection::vec(prop_oneof![
            Just("database:".to_owned()), Just("\n".to_owned()), Just("  ".to_owned()), Just("password: ".to_owned()),
            Just("hunter2".to_owned()), Just("- ".to_owned()), Just("[".to_owned()), Just("{".to_owned()), Just("'".to_owned()),
            Just("&a ".to_owned()), Just("*a".to_owned()), Just("|".to_owned()), Just("plans:".to_owned()), "[ -~]{0,3}",
        ], 0..30),
    ) {
        // As a value it must never be shown; as a key it is one.
        let text = parts.concat();
        if let Err(error) = Config::from_sources(sources().yaml("config.yaml", format!("database:\n  password: {text}"))) {
            let as_key = error.faults().iter().any(|fault| fault.key.contains("hunter2"));
            prop_assert!(as_key || !error.to_string().contains("hunter2"), "{}", error);
        }
    }
}
