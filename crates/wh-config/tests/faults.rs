//! Every fault at once, each with its place.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use wh_config::{Config, Sources};

fn faults(sources: Sources) -> String {
    let error = Config::from_sources(sources).unwrap_err();
    error.faults().iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// The faults of a file that would be right without `text` at its beginning.
fn of(text: &str) -> String {
    let right = ["WH_DATABASE__PASSWORD", "WH_API_SERVER__SECRET"];
    let sources =
        right.into_iter().fold(Sources::new(), |sources, name| sources.variable(name, "0123456789abcdef"));
    faults(
        sources
            .variable("WH_CONTAINER__PORT_RANGE_START", "30000")
            .variable("WH_CONTAINER__PORT_RANGE_END", "30001")
            .variable("WH_PLATFORM__DOMAIN", "acme.dev")
            .yaml("config.yaml", text),
    )
}

#[test]
fn seven_faults_give_seven_messages_each_with_its_place() {
    let yaml = "\
database:
  hots: db
  port: 70000
  sslmode: sometimes
api_server:
  secret: too-short
  tls_cert: /tls.crt
container:
  port_range_start: 30000
  port_range_end: 20000
jobs:
  build_timeout: ten minutes
platform:
  domain: acme.dev
";
    insta::assert_snapshot!(faults(Sources::new().yaml("config.yaml", yaml).credential("database_password", "x")), @r#"
    config.yaml:2: database.hots is not a setting: did you mean database.host?
    config.yaml:3: database.port: "70000" is not a port: write a number from 1 to 65535, or one for each host
    config.yaml:4: database.sslmode: "sometimes" is not an sslmode: write one of disable, prefer, require, verify-ca, verify-full
    config.yaml:6: api_server.secret: is too short: at least 16 characters are needed, better 32 random ones
    config.yaml:7: api_server.tls_cert: is set without tls_key: TLS needs both
    config.yaml:10: container.port_range_end: 20000 is below port_range_start, which is 30000
    config.yaml:12: jobs.build_timeout: "ten minutes" is not a duration: write one like 500ms, 5s, 10m or 1h30m
    "#);
}

#[test]
fn faults_of_all_sources_come_together_in_the_order_of_the_sources() {
    let sources = Sources::new()
        .yaml(
            "config.yaml",
            "databse: {}\nplatform: {domain: Acme.dev}\nredis: {addr: 'redis://:hunter2@h:1'}\n",
        )
        .variable("WH_DATABASE__PROT", "1")
        .variable("WH_JOBS__POLL_INTERVAL", "0s")
        .variable("WH_API_SERVER_SECRET", "hunter2")
        .variable("WH_1__2", "x")
        .variable("WH_PLANS__FREE__MAX_APPS", "many")
        .variable("WH_OAUTH__GITHUB__CLIENT_ID", "id")
        .credential("database_password", "")
        .credential("api_server_secret", "hunter2");
    insta::assert_snapshot!(faults(sources), @r#"
    config.yaml:1: databse is not a setting: did you mean database?
    config.yaml:2: platform.domain: "Acme.dev" is not a domain: write one like acme.dev, in lower case
    config.yaml:3: redis.addr: is not host:port: write one like localhost:6379, and the password on its own
    environment variable WH_1__2: 1.2 is not a setting: expected one of database, api_server, web_app, oauth, platform, worker, container, security, logging, redis, smtp, jobs, plans
    environment variable WH_API_SERVER_SECRET: is not a setting: did you mean WH_API_SERVER__SECRET?
    environment variable WH_DATABASE__PROT: database.prot is not a setting: did you mean WH_DATABASE__PORT?
    environment variable WH_JOBS__POLL_INTERVAL: jobs.poll_interval: "0s" is not a duration: write one like 500ms, 5s, 10m or 1h30m
    environment variable WH_OAUTH__GITHUB__CLIENT_ID: oauth.github.client_id: is set without a secret: set oauth.github.client_secret too
    environment variable WH_PLANS__FREE__MAX_APPS: plans.free.max_apps: "many" is not a count: write a number from 0 to 2147483647
    credential api_server_secret: api_server.secret: is too short: at least 16 characters are needed, better 32 random ones
    credential database_password: database.password: is empty: write the secret into it, or remove it
    container.port_range_end is missing: set it in the configuration file, as the environment variable WH_CONTAINER__PORT_RANGE_END
    container.port_range_start is missing: set it in the configuration file, as the environment variable WH_CONTAINER__PORT_RANGE_START
    "#);
}

#[test]
fn unknown_settings_name_what_there_is() {
    insta::assert_snapshot!(of("colour: red\ndatabase: {colour: red}\nrate_limit: 5\nplans: {Pro: {}, pro: {apps: 1}}\ndatabase.port: 1"), @r"
    config.yaml:1: colour is not a setting: expected one of database, api_server, web_app, oauth, platform, worker, container, security, logging, redis, smtp, jobs, plans
    config.yaml:2: database.colour is not a setting: expected one of host, port, user, password, name, sslmode, ssl_root_cert, target_session_attrs, application_name, pgbouncer, direct_host, direct_port, max_open, max_idle, max_lifetime, idle_timeout, acquire_timeout, connect_timeout, statement_timeout, idle_in_transaction_timeout
    config.yaml:3: rate_limit is not a setting: did you mean api_server.rate_limit?
    config.yaml:4: plans.Pro: is not a name of a plan: plan name has 'P' at position 1: it begins with a-z
    config.yaml:4: plans.pro.apps is not a setting: expected one of max_apps, cpu, memory, disk, bandwidth
    config.yaml:5: database.port: is written with a dot: write the section on a line of its own, and the setting under it
    ");
}

#[test]
fn values_of_the_wrong_shape_are_named() {
    insta::assert_snapshot!(of("database: 5\nredis: [a]\napi_server: {previous_secrets: one, host: [a]}\nsecurity: {allowed_origins: [[a]]}\nsmtp: {port: {a: b}}"), @r"
    config.yaml:1: database is a section: write its settings under it, like `host: …`
    config.yaml:2: redis is a section: write its settings under it, like `addr: …`
    config.yaml:3: api_server.host: is not one value: write a text, a number or true or false
    config.yaml:3: api_server.previous_secrets: is not a list: write one like [first, second]
    config.yaml:4: security.allowed_origins: holds something other than plain texts: write a list of texts, in quotes
    config.yaml:5: smtp.port: is not one value: write a text, a number or true or false
    ");
}

#[test]
fn a_setting_written_twice_is_a_fault() {
    insta::assert_snapshot!(of("redis:\n  db: 1\n  db: 2\nredis: {}\n"), @r"
    config.yaml:3: redis.db is written twice: keep one of them
    config.yaml:4: redis is written twice: keep one of them
    ");
}

#[test]
fn aliases_are_not_followed() {
    insta::assert_snapshot!(of("database: &d\n  host: &h db\nredis: *d\nsmtp:\n  host: *h\n"), @r"
    config.yaml:2: database: begins with ! or &, which YAML takes for a tag or an anchor: put the value in quotes
    config.yaml:3: redis: begins with *, which YAML takes for an alias: put the value in quotes, or write it out
    config.yaml:5: smtp.host: begins with *, which YAML takes for an alias: put the value in quotes, or write it out
    ");
}

#[test]
fn what_is_not_yaml_is_a_fault_of_its_line_and_shows_nothing_of_it() {
    insta::assert_snapshot!(of("database:\n  password: \"hunter2\n"), @"config.yaml:2: is not valid YAML: unclosed quote (column 13)");
    insta::assert_snapshot!(of("database:\n\tpassword: hunter2\n"), @"config.yaml:2: is not valid YAML: tabs disallowed within this context (block indentation) (column 2)");
    insta::assert_snapshot!(of("database: {password: hunter2"), @"config.yaml:1: is not valid YAML: unclosed bracket '{' (column 11)");
    insta::assert_snapshot!(of("password hunter2"), @"config.yaml:1: is a section: write its settings under it, like `database: …`");
    insta::assert_snapshot!(of("a: b\n---\nc: d\n"), @"config.yaml:2: begins a second document: a configuration is one document");
    insta::assert_snapshot!(of("? [a, b]\n: c\n"), @"config.yaml:1: has a key that is not a plain word");
    insta::assert_snapshot!(of(&"[".repeat(100_000)), @"config.yaml:1: is not valid YAML: recursion limit exceeded (column 256)");
}

#[test]
fn what_does_not_fit_together_is_a_fault() {
    insta::assert_snapshot!(of("\
database: {max_open: 3, max_idle: 4, host: ''}
api_server: {tls_key: /k, previous_secrets: [0123456789abcdef, short], base_url: 'acme.dev'}
platform: {support_address: nobody}
oauth: {google: {client_id: x}}
security: {allowed_origins: [https://a.dev/x]}
redis: {addr: localhost}
container: {default_memory: 512MB}
"), @r#"
    config.yaml:1: database.host: is empty: write a name, or leave the setting out
    config.yaml:1: database.max_idle: 4 is more than max_open, which is 3
    config.yaml:2: api_server.base_url: is not a URL: write one like https://panel.acme.dev, without user, query and fragment
    config.yaml:2: api_server.previous_secrets: number 2 is too short: at least 16 characters are needed, better 32 random ones
    config.yaml:2: api_server.tls_key: is set without tls_cert: TLS needs both
    config.yaml:3: platform.support_address: "nobody" is not an address: write one like support@acme.dev
    config.yaml:4: oauth.google.client_id: is set without a secret: set oauth.google.client_secret too
    config.yaml:5: security.allowed_origins: "https://a.dev/x" is not an origin: write scheme, host and port only, like https://panel.acme.dev
    config.yaml:6: redis.addr: is not host:port: write one like localhost:6379, and the password on its own
    config.yaml:7: container.default_memory: "512MB" is not a size: write it like 512 MiB, 2 GiB or unlimited
    "#);
    insta::assert_snapshot!(of("database: {max_open: 0}"), @r#"config.yaml:1: database.max_open: "0" is not a count: write a number from 1 to 262143"#);
}

#[test]
fn one_setting_has_one_fault() {
    insta::assert_snapshot!(of("database: {max_open: none, max_idle: none}"), @r#"
    config.yaml:1: database.max_idle: "none" is not a count: write a number from 0 to 262143
    config.yaml:1: database.max_open: "none" is not a count: write a number from 1 to 262143
    "#);
}

#[test]
fn no_message_shows_what_may_be_a_secret() {
    for text in [
        "database: {password:hunter2}",
        "database: {\"password: hunter2\"}",
        "database: {password=hunter2: x}",
        "database: {password hunter2: x}",
        "database: {password;hunter2}",
        "database: {'hunter2!': x}",
        "password:hunter2: x",
        "plans: {free:hunter2: {}}",
        "plans: {'hunter2 x': {}}",
        "plans: {pro: {'hunter2': 1}}",
        "database: {password: !hunter2}",
        "database: {password: &hunter2}",
        "database: {password: !hunter2 x}",
        "database: {password: &hunter2 x}",
        "database: {password: *hunter2}",
        "database: {password: !hunter2!x}",
        "database: {password: @hunter2}",
        "database: {password: `hunter2}",
        "database: {password: [hunter2]}",
        "database: {password: {hunter2: 1}}",
        "api_server: {previous_secrets: [!hunter2]}",
        "api_server: {previous_secrets: [hunter2]}",
        "database: {host: 'postgres://me:hunter2@h/x'}",
        "database: {direct_host: 'me:hunter2@h'}",
        "database: {port: 'me:hunter2@h'}",
        "web_app: {url: 'https://me:hunter2@h'}",
        "security: {allowed_origins: ['https://u:hunter2@a.b']}",
        "security: {allowed_origins: ['https://a.b', 'ftp://u:hunter2@a.b/x']}",
        "redis: {addr: 'redis://:hunter2@h:1'}",
        "redis: {addr: 'h:hunter2'}",
        "redis: {url: 'redis://:hunter2@h:99999/0'}",
        "redis: {url: 'http://:hunter2@h'}",
        "smtp: {host: 'smtp://u:hunter2@h'}",
        "smtp: {from: 'u:hunter2@h@x'}",
        "platform: {support_address: 'u:hunter2@h@x'}",
        "logging: {level: 'https://u:hunter2@h'}",
    ] {
        let all = of(text);
        assert!(!all.contains("hunter2"), "{text}: {all}");
    }
    insta::assert_snapshot!(of("database: {password:hunter2}"), @"config.yaml:1: database has a key with a colon in it: write a blank after the colon, like `password: …`");
    insta::assert_snapshot!(of("smtp: {password: !hunter2}"), @"config.yaml:1: smtp.password: begins with ! or &, which YAML takes for a tag or an anchor: put the value in quotes");
    insta::assert_snapshot!(of("smtp: {'hunter2': x}"), @"config.yaml:1: smtp.… is not a setting: expected one of host, port, account, password, from, tls_mode, ca_file, transport, folder");
}

#[test]
fn quoted_a_secret_may_begin_with_any_sign() {
    for secret in ["!hunter2", "&hunter2", "*hunter2", "@hunter2", "#hunter2", "{hunter2}", "~", "null"] {
        let yaml = format!("smtp: {{ host: h, account: a@b, password: '{secret}' }}");
        let config = Config::from_sources(
            Sources::new()
                .variable("WH_DATABASE__PASSWORD", "x")
                .variable("WH_API_SERVER__SECRET", "0123456789abcdef")
                .variable("WH_CONTAINER__PORT_RANGE_START", "30000")
                .variable("WH_CONTAINER__PORT_RANGE_END", "30001")
                .variable("WH_PLATFORM__DOMAIN", "acme.dev")
                .yaml("config.yaml", yaml),
        );
        let password = config.unwrap().smtp.password.unwrap();
        assert_eq!(secrecy::ExposeSecret::expose_secret(&password), secret);
    }
}

#[test]
fn what_a_start_would_refuse_is_a_fault_at_its_line() {
    insta::assert_snapshot!(of("\
database: {host: 'db:5432', port: '1,2', statement_timeout: 30d, idle_in_transaction_timeout: 300000d, idle_timeout: 10m}
redis: {addr: 'fe80::1', db: 256}
platform: {support_address: 'Acme <s@a.b>'}
smtp: {from: nobody, host: 'smtp.acme.dev:587'}
web_app: {url: 'https://a.b/<x>'}
plans: {pr0: {}, pro: {memory: 4000000GiB}, team: {max_apps: 1, cpu: 1, memory: 1GiB, disk: 1GiB}}
worker: {zone: W1.acme.dev}
"), @r#"
    config.yaml:1: database.host: has a port, or is a broken IPv6 address: write the host alone
    config.yaml:1: database.idle_in_transaction_timeout: "300000d" is too long: write at most 24d20h31m23s647ms
    config.yaml:1: database.idle_timeout: is longer than max_lifetime, which is 5m: no connection gets so old
    config.yaml:1: database.statement_timeout: "30d" is too long: write at most 24d20h31m23s647ms
    config.yaml:2: redis.addr: is an IPv6 address without brackets and port: write [fe80::1]:6379
    config.yaml:2: redis.db: "256" is not a count: write a number from 0 to 255
    config.yaml:3: platform.support_address: is not an address: write one like support@acme.dev
    config.yaml:4: smtp.from: is not a sender: write one like no-reply@acme.dev or Acme <no-reply@acme.dev>
    config.yaml:4: smtp.host: has a port, or is a broken IPv6 address: write the host alone
    config.yaml:5: web_app.url: is not a URL: write one like https://panel.acme.dev, without user, query and fragment
    config.yaml:6: plans.pr0: is a new plan and does not say its max_apps: a new plan states every limit; did you mean the plan pro?
    config.yaml:6: plans.pro.memory: "4000000GiB" is too large: write at most 2147483647 MiB
    config.yaml:6: plans.team: is a new plan and does not say its bandwidth: a new plan states every limit
    config.yaml:7: worker.zone: "W1.acme.dev" is not a domain: write one like acme.dev, in lower case
    "#);
    insta::assert_snapshot!(of("redis: {url: 'redis://h:99999/0'}\nplans: {team: }"), @r"
    config.yaml:1: redis.url: has no host, or a port that is not from 1 to 65535: write one like redis://host:6379/0
    config.yaml:2: plans.team: is a new plan and does not say its max_apps: a new plan states every limit
    ");
    insta::assert_snapshot!(of("'': {a: b}\nsmtp: {'': x}\n"), @r"
    config.yaml:1: has an empty key: write the name of a setting before the colon
    config.yaml:2: smtp has an empty key: write the name of a setting before the colon
    ");
    insta::assert_snapshot!(of("redis: {addr: 'h#x:1'}\ndatabase: {host: 'a,b,c', port: '1,2', application_name: ä}"), @r#"
    config.yaml:1: redis.addr: is not host:port: write one like localhost:6379, and the password on its own
    config.yaml:2: database.application_name: "ä" is not a name of at most 63 printable ASCII characters: write one like wh-data
    config.yaml:2: database.port: names 2 ports for 3 hosts: write one for all, or one for each
    "#);
    let weak = "database.ssl_root_cert: \"system\" needs sslmode verify-full: with a weaker one any public certificate would pass";
    for mode in ["disable", "prefer", "require", "verify-ca"] {
        let all = of(&format!("database: {{sslmode: {mode}, ssl_root_cert: system}}"));
        assert_eq!(all, format!("config.yaml:1: {weak}"));
    }
    insta::assert_snapshot!(of("database: {sslmode: verify-ca}"), @r#"config.yaml:1: database.sslmode: "verify-ca" needs ssl_root_cert, the PEM file of your authority: with those of the system any public certificate would pass; write verify-full to use them"#);
    insta::assert_snapshot!(of("database: {host: \"db\\n\", direct_host: 'postgres://h'}"), @r"
    config.yaml:1: database.direct_host: is a URL or a path: write the host name alone, without scheme, user and path
    config.yaml:1: database.host: has white space or an invisible character at its beginning or end: remove it
    ");
    insta::assert_snapshot!(of("security: {allowed_origins: [https://a.b, 'https://A.b', '*.a.b']}"), @r#"config.yaml:1: security.allowed_origins: "https://A.b" is not what browsers send: write https://a.b"#);
}
