//! The parser and the JSON schema take the same values for every setting.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use serde_json::{Value, json};
use wh_config::{Config, Sources, json_schema};

#[rustfmt::skip]
const TEXTS: &[&str] = &[
    "", " ", "0", "1", "-1", "007", "+5", "1.5", "5432", "65536", "1e3", "true", "yes", "null", "~", " a",
    "a ", "a\n", "a\tb", "two words", "ä", "\u{200b}", "\u{a0}a", "5s", "0s", "0h0m", "500ms", "10m",
    "1h30m", "5m1h", "24d", "25d", "30d", "596h", "597h", "2147483647ms", "2147483648ms", "3650d", "3651d",
    "300000d", "5 s", "5S", "512MiB", "512 MiB", "0MiB", "512MB", "2048TiB", "2047TiB", "2147483648MiB",
    "unlimited", "Unlimited", "2", "500m", "0m", "0.5", "0.0", "2 CPU", "2147483.647", "2147483.648",
    "10mbit", "10Mbit", "2147gbit", "2148gbit", "localhost", "db.internal.", "my_service", "-a.b", "a..b",
    "a,b", "a, b", "a,", "/run/postgresql", "/", "10.0.0.1", "256.0.0.1", "127.1", "0x7f.1", "::1",
    "[::1]", "fe80::1", "fe80::1%eth0", "2001:db8::1:2", "::ffff:1.2.3.4", "1:2:3:4:5:6:7:8", ":::", "h:1",
    "localhost:6379", "[::1]:6379", "h:0", "h:65536", "h#x:1", "u:p@h:1", "acme.dev", "Acme.dev",
    "bücher.de", "xn--bcher-kva.de", "https://a.b", "https://a.b/", "https://a.b:8443/x/",
    "https://bücher.de", "https://A.b", "https://a.b:443", "https://", "https:///x", "https://u:p@a.b",
    "https://a.b?x", "https://a.b#x", "ftp://a.b", "HTTPS://a.b", "https://a b", "http://[::1]:80",
    "http://127.1", "https://a.b:99999", "https://a.b/<x>", "postgres://me:p@ssw0rd!@h/x", "s@a.b",
    "Acme <s@a.b>", "Acme <s@a>", "nobody", "a@b@c", "s@bücher.de", "s@[203.0.113.7]", "s@10.0.0.1",
    "a..b@c", "<s@a.b>", "a <b> <c@d>", "redis://h:6379/0", "redis://h:99999/0", "redis://h/256",
    "redis://h/255", "rediss://u:p%40ss@h", "redis://u:p@ss@h", "redis://:change-me@h",
    "redis-cluster://h/1", "redis-cluster://h:1?node=h2:1", "redis-sentinel://h",
    "redis-sentinel://h?sentinelServiceName=main", "http://h", "redis://fe80::1", "valkey://[::1]/",
    "change-me", "Change-Me-0123456789", "0123456789abcde", "0123456789abcdef", "                ",
    "verify-ca", "verify-full", "Verify-Full", "system", "read-write", "any", "read-only", "v1", "v2",
    "info", "json", "starttls", "none", "folder", "smtp", "wh-data",
];

/// Values of all kinds. Numbers are given as such and as text.
fn values() -> Vec<Value> {
    let mut values = vec![
        json!(null),
        json!(0),
        json!(1),
        json!(-1),
        json!(5),
        json!(80),
        json!(1.5),
        json!(0.001),
        json!(1.2345),
        json!(255),
        json!(256),
        json!(65535),
        json!(65536),
        json!(2_147_483_647_u32),
        json!(2_147_483_648_u32),
        json!(12_345_678_901_234_567_u64),
        json!(true),
        json!(false),
        json!([]),
        json!([""]),
        json!(["a"]),
        json!(["https://a.b"]),
        json!(["https://A.b"]),
        json!(["https://a.b:443"]),
        json!(["https://*.a.b"]),
        json!(["https://u:p@a.b"]),
        json!(["a-secret-of-sixteen-or-more"]),
        json!(["change-me-to-the-secret-before"]),
        json!([1, 2]),
        json!([[]]),
        json!({}),
        json!({ "a": 1 }),
    ];
    values.extend(TEXTS.iter().map(|text| json!(text)));
    values
}

/// A file that is right, in which whatever belongs together is set.
fn base() -> Value {
    json!({
        "database": {
            "password": "x", "sslmode": "verify-full", "ssl_root_cert": "/ca.pem", "max_lifetime": "3650d", "max_open": 262_143,
        },
        "api_server": { "secret": "0123456789abcdef", "tls_cert": "/c", "tls_key": "/k" },
        "container": { "port_range_start": 1, "port_range_end": 65535 },
        "platform": { "domain": "acme.dev" },
        "oauth": {
            "google": { "client_secret": "x" }, "github": { "client_secret": "x" }, "gitlab": { "client_secret": "x" },
            "bitbucket": { "client_secret": "x" }, "codeberg": { "client_secret": "x" },
        },
        "smtp": { "folder": "/mail" },
        "plans": { "team": { "max_apps": 1, "cpu": 1, "memory": "1MiB", "disk": "1MiB", "bandwidth": "1kbit" } },
    })
}

fn set(document: &mut Value, path: &str, value: Value) {
    let mut at = document;
    for key in path.split('.') {
        at = at.as_object_mut().unwrap().entry(key).or_insert_with(|| json!({}));
    }
    *at = value;
}

/// Every setting of the schema: the paths of what is not an object.
fn settings(schema: &Value, path: &str, found: &mut Vec<String>) {
    for (name, property) in schema["properties"].as_object().unwrap() {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        if property.get("properties").is_some() { settings(property, &path, found) } else { found.push(path) }
    }
}

/// The schema of one setting.
fn property<'a>(schema: &'a Value, path: &str) -> &'a Value {
    path.split('.').fold(schema, |schema, key| {
        schema["properties"].get(key).unwrap_or_else(|| &schema["additionalProperties"])
    })
}

#[test]
fn the_schema_and_the_parser_agree_on_every_value_of_every_setting() {
    let schema: Value = serde_json::from_str(&json_schema()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let mut paths = Vec::new();
    settings(&schema, "", &mut paths);
    paths.extend(["max_apps", "cpu", "memory", "disk", "bandwidth"].map(|name| format!("plans.team.{name}")));
    assert!(paths.len() > 85, "{}", paths.len());
    assert!(validator.is_valid(&base()) && Config::from_sources(file(&base())).is_ok());

    let (mut disagreements, mut taken, mut compared) = (Vec::new(), 0, 0);
    for path in &paths {
        let property = jsonschema::validator_for(property(&schema, path)).unwrap();
        for value in values() {
            // What fits to the other settings is not for a schema to say.
            if (path == "database.port" || path == "database.direct_port") && value == "a,b" {
                continue;
            }
            let mut document = base();
            set(&mut document, path, value.clone());
            let fault = Config::from_sources(file(&document)).err().and_then(|error| {
                let own = |key: &str| {
                    key == path
                        || key.starts_with(&format!("{path}."))
                        || path.starts_with(&format!("{key}."))
                };
                error.faults().iter().find(|fault| own(&fault.key)).map(ToString::to_string)
            });
            // Two settings at once again: neither the parser of one value nor the schema.
            if fault.as_deref().is_some_and(|fault| TOGETHER.iter().any(|problem| fault.contains(problem))) {
                continue;
            }
            compared += 1;
            taken += usize::from(fault.is_none());
            if property.is_valid(&value) != fault.is_none() {
                disagreements.push(format!("{path}: {value}: the parser says {fault:?}"));
            }
        }
    }
    assert!(disagreements.is_empty(), "{} of {compared}:\n{}", disagreements.len(), disagreements.join("\n"));
    assert!(taken > 2_000 && compared > 15_000, "{taken} of {compared} are taken");
}

/// What is said of two settings that do not fit together.
const TOGETHER: [&str; 3] = ["for 1 hosts", "is set beside addr", "needs sslmode verify-full"];

fn file(document: &Value) -> Sources {
    Sources::new().yaml("config.yaml", document.to_string())
}
