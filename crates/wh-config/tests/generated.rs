//! The example file and the JSON schema are current, and the example is a configuration.

use wh_config::{Config, Sources, example_yaml, json_schema};

const REMEDY: &str = "is not current: run `cargo xtask config write`";

#[test]
fn the_example_file_is_current() {
    assert!(include_str!("../config.example.yaml") == example_yaml(), "config.example.yaml {REMEDY}");
}

#[test]
fn the_schema_is_current() {
    assert!(include_str!("../config.schema.json") == json_schema(), "config.schema.json {REMEDY}");
}

#[test]
fn the_example_is_refused_until_its_secrets_are_replaced() {
    let error = Config::from_sources(Sources::new().yaml("config.example.yaml", example_yaml())).unwrap_err();
    let keys: Vec<_> = error.faults().iter().map(|fault| fault.key.as_str()).collect();
    assert_eq!(keys, ["database.password", "api_server.secret"]);
    assert!(error.to_string().contains("is the secret of the example, which everybody knows"), "{error}");
}

#[test]
fn the_example_with_secrets_of_its_own_is_a_configuration_as_it_is_and_with_everything_switched_on() {
    let example = example_yaml().replace("change-me", "our-own-secret-of-32-random-characters");
    Config::from_sources(Sources::new().yaml("config.example.yaml", example.clone())).unwrap();

    // The address of a Redis is given in one of two ways.
    let in_place_of_the_parts = |setting: &str| setting.starts_with("url: ") && setting.contains("rediss://");
    let switched_on = example
        .lines()
        .map(|line| match line.trim_start().strip_prefix("# ") {
            Some(setting) if in_place_of_the_parts(setting) => line.to_owned(),
            // A setting behind a `#` has a name of one word before its colon.
            Some(setting) if setting.split_once(": ").is_some_and(|(name, _)| !name.contains(' ')) => {
                line.replacen("# ", "", 1)
            }
            _ => line.to_owned(),
        })
        .collect::<Vec<_>>()
        .join("\n");
    assert_ne!(switched_on, example);
    let config = Config::from_sources(Sources::new().yaml("config.example.yaml", switched_on)).unwrap();
    assert!(
        config.smtp.enabled() && config.oauth.google.client().is_some() && config.api_server.tls().is_some()
    );
    assert_eq!(config.plans.get("pro").unwrap().max_apps, Some(8));
    assert_eq!(config.worker.zone.as_deref(), Some("w1.acme.dev"));

    let addressed = example.lines().map(|line| match line.trim_start().strip_prefix("# ") {
        Some(setting) if in_place_of_the_parts(setting) => line.replacen("# ", "", 1),
        _ => line.to_owned(),
    });
    let addressed = addressed.collect::<Vec<_>>().join("\n");
    assert_ne!(addressed, example);
    let config = Config::from_sources(Sources::new().yaml("config.example.yaml", addressed)).unwrap();
    assert!(config.redis.connection_url().is_some());
}

#[test]
fn the_schema_knows_every_setting_of_the_example() {
    let schema: serde_json::Value = serde_json::from_str(&json_schema()).unwrap();
    let port = schema.pointer("/properties/api_server/properties/port").unwrap();
    assert_eq!(port.pointer("/default").unwrap(), 8080);
    assert_eq!(port.pointer("/maximum").unwrap(), 65535);
    assert_eq!(port.pointer("/description").unwrap(), "TCP port to listen on.");
    assert!(schema.pointer("/properties/oauth/properties/codeberg/properties/client_secret").is_some());
    assert_eq!(schema.pointer("/properties/logging/properties/level/enum/0").unwrap(), "trace");
}
