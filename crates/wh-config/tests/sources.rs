//! Where settings come from, and which source wins.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::time::Duration;

use secrecy::ExposeSecret;
use wh_config::{Config, ConfigError, LogFormat, Sources, SslMode};

const LEAST: &str = "
database: { password: from-file }
api_server: { secret: 0123456789abcdef }
container: { port_range_start: 30000, port_range_end: 39999 }
platform: { domain: acme.dev }
";

fn least() -> Sources {
    Sources::new().yaml("config.yaml", LEAST)
}

fn load(sources: Sources) -> Config {
    Config::from_sources(sources).unwrap()
}

fn message(sources: Sources) -> String {
    Config::from_sources(sources).unwrap_err().to_string()
}

#[test]
fn the_least_configuration_has_the_defaults_of_the_reference() {
    let config = load(least());
    assert_eq!(config.jobs.poll_interval, Duration::from_secs(5));
    assert_eq!(config.jobs.build_timeout, Duration::from_mins(10));
    assert_eq!(config.container.start_timeout, Duration::from_secs(30));
    assert_eq!(config.api_server.rate_window, Duration::from_mins(1));
    assert_eq!((config.database.max_open, config.database.max_idle), (25, 5));
    assert_eq!(config.database.max_lifetime, Duration::from_mins(5));
    assert_eq!(config.redis.ttl, Duration::from_mins(5));
    assert_eq!(config.security.session_lifetime, Duration::from_hours(720));
    assert!(config.plans.is_empty() && config.redis.addr.is_none() && !config.smtp.enabled());
}

#[test]
fn a_later_source_goes_over_an_earlier_one() {
    let password = |sources| load(sources).database.password.expose_secret().to_owned();
    assert_eq!(password(least()), "from-file");
    let with_variable = || least().variable("WH_DATABASE__PASSWORD", "from-environment");
    assert_eq!(password(with_variable()), "from-environment");
    // Whatever the order they were named in.
    let all = Sources::new()
        .credential("database_password", "from-credential\n")
        .variable("WH_DATABASE__PASSWORD", "x");
    assert_eq!(password(all.yaml("config.yaml", LEAST)), "from-credential");
}

#[test]
fn each_credential_lands_in_its_setting_and_loses_one_newline() {
    let names = [
        "api_server_secret",
        "database_password",
        "google_oauth_client_secret",
        "github_oauth_client_secret",
        "gitlab_oauth_client_secret",
        "bitbucket_oauth_client_secret",
        "codeberg_oauth_client_secret",
        "internal_api_token",
        "redis_password",
        "smtp_password",
    ];
    let directory = tempfile::tempdir().unwrap();
    for name in names {
        std::fs::write(directory.path().join(name), format!("secret of {name}\n")).unwrap();
    }
    std::fs::write(directory.path().join("of_another_service"), "").unwrap();
    let config = load(least().credentials_directory(directory.path()));
    let secret = |secret: &Option<secrecy::SecretString>| secret.as_ref().unwrap().expose_secret().to_owned();
    let found = [
        config.api_server.secret.expose_secret().to_owned(),
        config.database.password.expose_secret().to_owned(),
        secret(&config.oauth.google.client_secret),
        secret(&config.oauth.github.client_secret),
        secret(&config.oauth.gitlab.client_secret),
        secret(&config.oauth.bitbucket.client_secret),
        secret(&config.oauth.codeberg.client_secret),
        secret(&config.security.internal_api_token),
        secret(&config.redis.password),
        secret(&config.smtp.password),
    ];
    assert_eq!(found, names.map(|name| format!("secret of {name}")));
}

#[test]
fn an_empty_or_unreadable_credential_is_a_fault() {
    insta::assert_snapshot!(message(least().credential("smtp_password", "\n")), @r"
    the configuration has 1 fault:
      credential smtp_password: smtp.password: is empty: write the secret into it, or remove it
    ");
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("redis_password"), b"\xff\xfe").unwrap();
    std::fs::create_dir(directory.path().join("smtp_password")).unwrap();
    insta::assert_snapshot!(message(least().credentials_directory(directory.path())), @r"
    the configuration has 2 faults:
      credential redis_password: is not UTF-8 text
      credential smtp_password: could not be read: Is a directory (os error 21)
    ");
}

#[test]
fn one_line_end_of_a_credential_is_cut_and_other_white_space_is_refused() {
    let config = load(least().credential("database_password", "a b\r\n"));
    assert_eq!(config.database.password.expose_secret(), "a b");
    for value in [" hunter2\n", "hunter2 \n", "hunter2\n\n", "\u{feff}hunter2", "hunter2\u{a0}"] {
        let all = message(least().credential("database_password", value));
        assert!(all.contains("credential database_password: database.password: has white space"), "{all}");
        assert!(!all.contains("hunter2"), "{all}");
    }
    for value in [" hunter2", "hunter2 ", "hunter2\n"] {
        let all = message(least().variable("WH_DATABASE__PASSWORD", value));
        assert!(all.contains("WH_DATABASE__PASSWORD: database.password: has white space"), "{all}");
        let quoted = serde_json::to_string(value).unwrap();
        let all = message(least().yaml("config.yaml", LEAST.replace("from-file", &quoted)));
        assert!(all.contains("config.yaml:2: database.password: has white space"), "{all}");
    }
}

#[test]
fn previous_secrets_come_from_a_credential_one_a_line() {
    let secrets = "the-first-of-16-chars\nthe-second, with a comma\n";
    let config = load(least().credential("api_server_previous_secrets", secrets));
    let previous: Vec<_> =
        config.api_server.previous_secrets.iter().map(ExposeSecret::expose_secret).collect();
    assert_eq!(previous, ["the-first-of-16-chars", "the-second, with a comma"]);
    let short = message(least().credential("api_server_previous_secrets", "the-first-of-16-chars\nshort\n"));
    assert!(short.contains("api_server.previous_secrets: number 2 is too short"), "{short}");
    let gap = message(
        least().credential("api_server_previous_secrets", "the-first-of-16-chars\n\nthe-third-of-16-chars"),
    );
    assert!(gap.contains("number 2 is empty"), "{gap}");
}

#[test]
fn credentials_that_are_nearly_ours_or_cannot_be_listed_are_faults() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("api_server_previous_secret"), "x").unwrap();
    std::fs::write(directory.path().join("of_another_service"), "x").unwrap();
    insta::assert_snapshot!(message(least().credentials_directory(directory.path())), @r"
    the configuration has 1 fault:
      credential api_server_previous_secret: is not a credential of this platform: did you mean api_server_previous_secrets?
    ");
    let nowhere = message(Sources::new().credentials_directory("/there/is/no/such/directory"));
    assert!(nowhere.contains("has 1 fault:") && nowhere.contains("could not be read"), "{nowhere}");
    std::os::unix::fs::symlink("/nowhere", directory.path().join("smtp_password")).unwrap();
    assert!(
        message(least().credentials_directory(directory.path()))
            .contains("credential smtp_password: could not be read")
    );
}

#[test]
fn a_variable_that_is_no_setting_is_a_fault_with_the_nearest_one() {
    for (given, meant) in [
        ("WH_API_SERVER_PREVIOUS_SECRETS", "WH_API_SERVER__PREVIOUS_SECRETS"),
        ("WH_API_SERVER__PREVIOUS_SECRET", "WH_API_SERVER__PREVIOUS_SECRETS"),
        ("WH_APISERVER__SECRET", "WH_API_SERVER__SECRET"),
        ("WH_SECURITY_STORED_FORM", "WH_SECURITY__STORED_FORM"),
        ("WH__REDIS__ADDR", "WH_REDIS__ADDR"),
    ] {
        let all = message(least().variable(given, "x"));
        assert!(
            all.contains(&format!("variable {given}: ")) && all.ends_with(&format!("did you mean {meant}?")),
            "{all}"
        );
    }
    let all = message(least().variable("WH_EXCHANGE", "x"));
    assert!(all.contains("environment variable WH_EXCHANGE: is not a setting"), "{all}");
    // Those of the tools that develop this layer.
    load(least().variable("WH_STACK", "pinned").variable("PATH", "/bin"));
}

#[test]
fn one_file_that_cannot_be_read_is_one_fault() {
    for sources in [
        Sources::new().file("/nowhere/config.yaml"),
        Sources::new().yaml("config.yaml", "database:\n  password: \"x\n"),
        Sources::new().yaml("config.yaml", "a: b\n---\nc: d\n"),
        Sources::new().yaml("config.yaml", "password"),
        Sources::new().yaml("config.yaml", "database:\n\thost: x").variable("WH_API_SERVER__TLS_CERT", "/c"),
    ] {
        let all = message(sources);
        assert!(all.starts_with("the configuration has 1 fault:"), "{all}");
    }
    let directory = tempfile::tempdir().unwrap();
    let link = directory.path().join("config.yaml");
    std::os::unix::fs::symlink("/nowhere", &link).unwrap();
    assert!(message(Sources::new().file(link)).contains("could not be read: No such file"));
}

#[test]
fn what_a_fault_hides_is_not_called_missing() {
    let all = message(least().yaml("config.yaml", LEAST.replace("database: {", "database: 5 # {")));
    assert!(
        all.starts_with("the configuration has 1 fault:") && all.contains("database is a section"),
        "{all}"
    );
    let all = message(least().yaml("config.yaml", LEAST.replace("domain:", "domian:")));
    assert!(
        all.starts_with("the configuration has 1 fault:") && all.contains("did you mean platform.domain?"),
        "{all}"
    );
    let all = message(least().yaml("config.yaml", LEAST.replace("api_server:", "api_sever:")));
    assert!(
        all.starts_with("the configuration has 1 fault:") && all.contains("did you mean api_server?"),
        "{all}"
    );
}

#[test]
fn variables_reach_every_level_and_lists_are_written_with_commas_or_brackets() {
    let config = load(
        least()
            .variable("WH_OAUTH__GITHUB__CLIENT_ID", "id")
            .variable("WH_OAUTH__GITHUB__CLIENT_SECRET", "secret")
            .variable("WH_PLANS__PRO__MAX_APPS", "9")
            .variable("WH_SECURITY__ALLOWED_ORIGINS", "https://a.dev, https://b.dev")
            .variable("WH_API_SERVER__PREVIOUS_SECRETS", r#"["with, a comma 16", 'another one of 16']"#)
            .variable("WH_DATABASE__SSLMODE", "verify-full")
            .variable("WH_LOGGING__FORMAT", "json")
            .variable("PATH", "/bin"),
    );
    assert_eq!(config.oauth.git(wh_types::GitProvider::GitHub).unwrap().client_id, "id");
    assert_eq!(config.plans.get("pro").unwrap().max_apps, Some(9));
    assert_eq!(config.security.allowed_origins, ["https://a.dev", "https://b.dev"]);
    let previous: Vec<_> =
        config.api_server.previous_secrets.iter().map(ExposeSecret::expose_secret).collect();
    assert_eq!(previous, ["with, a comma 16", "another one of 16"]);
    assert_eq!((config.database.sslmode, config.logging.format), (SslMode::VerifyFull, LogFormat::Json));
}

#[test]
fn a_value_is_the_text_that_stands_there() {
    let config = load(least().yaml("config.yaml", LEAST.replace("from-file", "0123")));
    assert_eq!(config.database.password.expose_secret(), "0123");
    let config = load(least().yaml("config.yaml", LEAST.replace("from-file", r#""a\tb: #c""#)));
    assert_eq!(config.database.password.expose_secret(), "a\tb: #c");
}

#[test]
fn what_is_null_is_as_if_it_were_not_there_and_an_empty_duration_falls_back() {
    let more = "redis:\n  addr: null\n  ttl: ''\nsmtp:\njobs: {build_timeout: ~}\n";
    let config = load(least().yaml("config.yaml", format!("{LEAST}{more}")));
    assert_eq!((config.redis.addr, config.redis.ttl.as_secs()), (None, 300));
    assert_eq!(config.jobs.build_timeout.as_secs(), 600);
    assert_eq!(load(least().variable("WH_JOBS__POLL_INTERVAL", "")).jobs.poll_interval.as_secs(), 5);
}

#[test]
fn a_file_that_cannot_be_read_is_a_fault() {
    let all = message(Sources::new().file("/nowhere/config.yaml"));
    assert!(all.contains("/nowhere/config.yaml: could not be read: No such file or directory"), "{all}");
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), b"\xff").unwrap();
    assert!(message(Sources::new().file(file.path())).contains("is not UTF-8 text"));
    std::fs::write(file.path(), LEAST).unwrap();
    assert_eq!(load(Sources::new().file(file.path())).platform.domain, "acme.dev");
}

#[test]
fn what_must_be_set_says_how() {
    insta::assert_snapshot!(message(Sources::new().variable("WH_DATABASE__PASSWORD", "")), @r"
    the configuration has 5 faults:
      environment variable WH_DATABASE__PASSWORD: database.password is missing: set it in the configuration file, as the environment variable WH_DATABASE__PASSWORD or as the credential database_password
      api_server.secret is missing: set it in the configuration file, as the environment variable WH_API_SERVER__SECRET or as the credential api_server_secret
      container.port_range_end is missing: set it in the configuration file, as the environment variable WH_CONTAINER__PORT_RANGE_END
      container.port_range_start is missing: set it in the configuration file, as the environment variable WH_CONTAINER__PORT_RANGE_START
      platform.domain is missing: set it in the configuration file, as the environment variable WH_PLATFORM__DOMAIN
    ");
}

#[test]
fn neither_the_configuration_nor_its_sources_show_a_secret() {
    let sources = || {
        least()
            .variable("WH_SMTP__PASSWORD", "hunter2")
            .variable("WH_API_SERVER__PREVIOUS_SECRETS", "hunter2-hunter2-hunter2")
            .credential("redis_password", "hunter2")
    };
    for shown in [format!("{:?}", sources()), format!("{:?}", load(sources()))] {
        assert!(
            !shown.contains("hunter2") && !shown.contains("from-file") && !shown.contains("0123456789"),
            "{shown}"
        );
    }
}

#[test]
fn the_error_is_one_that_callers_can_take_apart() {
    let ConfigError::Faults(faults) = Config::from_sources(Sources::new()).unwrap_err() else {
        panic!("another kind of error");
    };
    assert_eq!(faults.len(), 5);
}
