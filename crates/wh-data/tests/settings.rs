//! A setting that has no effect is a fault: each is set to an unusual value here, and what is made of it must differ.
#![expect(clippy::unwrap_used, reason = "a test that cannot arrange its world must stop")]

use std::collections::{BTreeMap, BTreeSet};

use wh_data::config::{Config, Sources, json_schema};
use wh_data::mail::Transport;
use wh_data::plans::Plans;
use wh_data::repo::DatabaseSettings;
use wh_data::{cache_settings, database_settings, key_ring, mail_settings, maintenance_options, policy};

use secrecy::{ExposeSecret, SecretString};

/// What a start cannot do without.
const REQUIRED: &[(&str, &str)] = &[
    ("database.password", "word"),
    ("api_server.secret", "a server secret for tests"),
    ("container.port_range_start", "30000"),
    ("container.port_range_end", "31000"),
    ("platform.domain", "acme.dev"),
];

/// A setting, an unusual value of it, and what else has to be set for it to matter.
type Row = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

const SERVER: &[(&str, &str)] =
    &[("smtp.host", "smtp.acme.dev"), ("smtp.account", "a@acme.dev"), ("smtp.password", "word")];
const SEVERAL: &[(&str, &str)] = &[("database.host", "one,two")];
const DIRECT: &[(&str, &str)] = &[("database.direct_host", "direct")];
const REDIS: &[(&str, &str)] = &[("redis.addr", "cache:6379")];
const TLS: &[(&str, &str)] = &[("api_server.tls_cert", "/cert"), ("api_server.tls_key", "/key")];

/// Settings that the data layer goes by.
const OF_THE_LAYER: &[Row] = &[
    ("database.host", "odd", &[]),
    ("database.port", "6543", &[]),
    ("database.user", "odd", &[]),
    ("database.password", "odd", &[]),
    ("database.name", "odd", &[]),
    ("database.sslmode", "disable", &[]),
    ("database.ssl_root_cert", "/odd", &[]),
    ("database.target_session_attrs", "any", SEVERAL),
    ("database.application_name", "odd", &[]),
    ("database.pgbouncer", "true", &[]),
    ("database.direct_host", "odd", &[]),
    ("database.direct_port", "6543", DIRECT),
    ("database.max_open", "77", &[]),
    ("database.max_idle", "3", &[]),
    ("database.max_lifetime", "7m", &[]),
    ("database.idle_timeout", "77s", &[]),
    ("database.acquire_timeout", "77s", &[]),
    ("database.connect_timeout", "4s", &[]),
    ("database.statement_timeout", "77s", &[]),
    ("database.idle_in_transaction_timeout", "77s", &[]),
    ("api_server.secret", "another secret for tests", &[]),
    ("api_server.previous_secrets", "[an earlier secret for tests]", &[]),
    ("platform.domain", "odd.dev", &[]),
    ("platform.name", "Odd", &[]),
    ("platform.support_address", "odd@acme.dev", &[]),
    ("container.default_cpu", "1.5", &[]),
    ("container.default_memory", "77MiB", &[]),
    ("container.default_disk", "77MiB", &[]),
    ("container.default_bandwidth", "77mbit", &[]),
    ("container.default_pids", "77", &[]),
    ("security.session_lifetime", "7d", &[]),
    ("security.stored_form", "v2", &[]),
    ("security.refuse_unencrypted", "true", &[]),
    ("redis.addr", "odd:6379", &[]),
    ("redis.password", "odd", REDIS),
    ("redis.db", "7", REDIS),
    ("redis.url", "redis://odd:6379/0", &[]),
    ("redis.ttl", "77s", &[]),
    ("smtp.host", "odd.acme.dev", SERVER),
    ("smtp.port", "2525", SERVER),
    ("smtp.account", "odd@acme.dev", SERVER),
    ("smtp.password", "odd", SERVER),
    ("smtp.from", "odd@acme.dev", SERVER),
    ("smtp.tls_mode", "implicit", SERVER),
    ("smtp.ca_file", "/odd", SERVER),
    ("smtp.transport", "log", &[]),
    ("smtp.folder", "/odd", &[("smtp.transport", "folder"), ("smtp.folder", "/usual")]),
    ("jobs.build_timeout", "77m", &[]),
    ("plans.pro.max_apps", "77", &[]),
    ("plans.pro.cpu", "7.5", &[]),
    ("plans.pro.memory", "77GiB", &[]),
    ("plans.pro.disk", "77GiB", &[]),
    ("plans.pro.bandwidth", "77mbit", &[]),
];

/// Settings that the services read, whose business is none of the database's.
const OF_THE_SERVICES: &[Row] = &[
    ("api_server.host", "127.0.0.1", &[]),
    ("api_server.port", "7777", &[]),
    ("api_server.tls_cert", "/odd", TLS),
    ("api_server.tls_key", "/odd", TLS),
    ("api_server.base_url", "https://odd.acme.dev", &[]),
    ("api_server.rate_limit", "77", &[]),
    ("api_server.rate_window", "77s", &[]),
    ("web_app.url", "https://odd.acme.dev", &[]),
    ("worker.name", "odd", &[]),
    ("worker.api_key", "odd", &[]),
    ("worker.zone", "odd.acme.dev", &[]),
    ("worker.region", "odd", &[]),
    ("worker.capacity_cpu", "7", &[]),
    ("worker.capacity_memory", "77GiB", &[]),
    ("worker.poll_interval", "77s", &[]),
    ("worker.control_plane_url", "https://odd.acme.dev", &[]),
    ("container.runtime", "odd", &[]),
    ("container.network", "odd", &[]),
    ("container.port_range_start", "30777", &[]),
    ("container.port_range_end", "37777", &[]),
    ("container.start_timeout", "77s", &[]),
    ("security.internal_api_token", "odd", &[]),
    ("security.allowed_origins", "[https://odd.acme.dev]", &[]),
    ("security.two_factor_issuer", "Odd", &[]),
    ("logging.level", "warn", &[]),
    ("logging.format", "json", &[]),
    ("logging.file", "/odd", &[]),
    ("jobs.poll_interval", "77s", &[]),
];

/// The settings of each OAuth provider, which services read as well.
const OF_A_PROVIDER: [&str; 3] = ["client_id", "client_secret", "redirect"];
const PROVIDERS: [&str; 5] = ["google", "github", "gitlab", "bitbucket", "codeberg"];

fn config(settings: &[(&str, &str)]) -> Config {
    let variable = |path: &str| format!("WH_{}", path.to_uppercase().replace('.', "__"));
    let last: BTreeMap<_, _> = REQUIRED.iter().chain(settings).copied().collect();
    let set = |sources: Sources, (path, value): (&str, &str)| sources.variable(variable(path), value);
    Config::from_sources(last.into_iter().fold(Sources::new(), set)).unwrap()
}

/// The configuration without this setting, and with it.
fn with_and_without((path, value, needed): Row) -> [Config; 2] {
    let more: Vec<_> = needed.iter().copied().chain([(path, value)]).collect();
    [config(needed), config(&more)]
}

/// All that the data layer is started with, secrets readable.
fn layer(config: &Config) -> Vec<String> {
    let database = database_settings(config);
    let shown = |secret: &SecretString| secret.expose_secret().to_owned();
    let keys = key_ring(&config.server_secrets()).unwrap();
    let mut all = vec![
        shown(&database.url),
        database.direct_url.as_ref().map(shown).unwrap_or_default(),
        format!("{:?}", DatabaseSettings { url: "".into(), direct_url: None, ..database }),
        format!("{:?} {:?}", keys.ids(), keys.form()),
        format!("{:?}", config.security.refuse_unencrypted),
        format!("{:?}", Plans::with_overrides(&config.plans).unwrap()),
        format!("{:?}", config.default_limits()),
        format!("{:?}", policy(config)),
        format!("{:?}", maintenance_options(config)),
        format!("{:?}", cache_settings(config)),
        config.redis.connection_url().as_ref().map(shown).unwrap_or_default(),
    ];
    match mail_settings(config) {
        Ok(mail) => {
            if let Transport::Smtp(server) = &mail.transport {
                all.push(shown(&server.password));
            }
            all.push(format!("{mail:?}"));
        }
        Err(error) => all.push(error.to_string()),
    }
    all
}

/// All that services read of a configuration, secrets readable.
fn services(config: &Config) -> Vec<String> {
    let shown = |secret: Option<&SecretString>| secret.map(|secret| secret.expose_secret().to_owned());
    let oauth = &config.oauth;
    let mut all = vec![
        format!("{config:?}"),
        config.api_server.addr(),
        config.api_server.base_url().to_string(),
        format!("{:?}", config.api_server.tls()),
        format!("{:?}", shown(config.worker.api_key.as_ref())),
        format!("{:?}", shown(config.security.internal_api_token.as_ref())),
    ];
    for secret in [
        &oauth.google.client_secret,
        &oauth.github.client_secret,
        &oauth.gitlab.client_secret,
        &oauth.bitbucket.client_secret,
        &oauth.codeberg.client_secret,
    ] {
        all.push(format!("{:?}", shown(secret.as_ref())));
    }
    all
}

#[test]
fn each_setting_of_the_layer_changes_what_it_is_started_with() {
    for row in OF_THE_LAYER {
        let [without, with] = with_and_without(*row);
        assert_ne!(layer(&without), layer(&with), "{} has no effect", row.0);
    }
}

#[test]
fn each_setting_of_the_services_changes_what_they_read() {
    for row in OF_THE_SERVICES {
        let [without, with] = with_and_without(*row);
        assert_ne!(services(&without), services(&with), "{} has no effect", row.0);
    }
    for provider in PROVIDERS {
        for name in OF_A_PROVIDER {
            let value = if name == "redirect" { "https://odd.acme.dev/back" } else { "odd" };
            let (id, key) =
                (format!("oauth.{provider}.client_id"), format!("oauth.{provider}.client_secret"));
            let mut settings = vec![(id.as_str(), "usual"), (key.as_str(), "usual")];
            let without = config(&settings);
            let path = format!("oauth.{provider}.{name}");
            settings.push((&path, value));
            let with = config(&settings);
            assert_ne!(services(&without), services(&with), "oauth.{provider}.{name} has no effect");
        }
    }
}

#[test]
fn no_setting_is_left_out() {
    let schema: serde_json::Value = serde_json::from_str(&json_schema()).unwrap();
    let mut declared = BTreeSet::new();
    collect(&schema, "", &mut declared);
    let mut tried: BTreeSet<String> =
        OF_THE_LAYER.iter().chain(OF_THE_SERVICES).map(|(path, ..)| of_any_plan(path)).collect();
    for provider in PROVIDERS {
        tried.extend(OF_A_PROVIDER.map(|name| format!("oauth.{provider}.{name}")));
    }
    assert_eq!(declared, tried);
}

/// The settings of each plan are the same.
fn of_any_plan(path: &str) -> String {
    let name = path.strip_prefix("plans.").and_then(|rest| rest.split_once('.'));
    name.map_or_else(|| path.to_owned(), |(_, name)| format!("plans.*.{name}"))
}

/// The paths of all settings in a JSON Schema.
fn collect(schema: &serde_json::Value, path: &str, into: &mut BTreeSet<String>) {
    let named = schema.get("properties").and_then(|found| found.as_object());
    let open = schema.get("additionalProperties").filter(|found| found.is_object());
    if named.is_none() && open.is_none() {
        into.insert(of_any_plan(path));
        return;
    }
    let at = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    for (name, inner) in named.into_iter().flatten() {
        collect(inner, &at(name), into);
    }
    if let Some(inner) = open {
        collect(inner, &at("*"), into);
    }
}
