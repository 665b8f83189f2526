//! Settings that nothing can work with are errors, which name the field.

use std::time::Duration;

use wh_repo::{ConnectError, Connector, DatabaseSettings};

fn refusal(change: impl FnOnce(&mut DatabaseSettings)) -> String {
    let mut settings = DatabaseSettings::new("postgres://ada:hunter2@db.example/shop".into());
    change(&mut settings);
    match Connector::new(settings).unwrap_err() {
        ConnectError::Settings(reason) => reason,
        other => unreachable!("{other}"),
    }
}

#[test]
fn a_field_out_of_bounds_is_named_with_its_value_and_its_bounds() {
    let day = Duration::from_hours(24);
    for (reason, said) in [
        (refusal(|s| s.max_connections = 0), "max_connections is 0: 1 to 262143 are possible"),
        (refusal(|s| s.max_connections = 3), "min_idle is 5: at most max_connections, which is 3"),
        (refusal(|s| s.max_lifetime = Duration::ZERO), "max_lifetime is 0ns: at least 1ms is needed"),
        (refusal(|s| s.idle_timeout = Duration::ZERO), "idle_timeout is 0ns: at least 1ms is needed"),
        (refusal(|s| s.acquire_timeout = Duration::ZERO), "acquire_timeout is 0ns: at least 1ms is needed"),
        (refusal(|s| s.connect_timeout = Duration::ZERO), "connect_timeout is 0ns: at least 1ms is needed"),
        (
            refusal(|s| s.statement_timeout = 30 * day),
            "statement_timeout is 2592000s: 0 or 1ms to 24 days are possible",
        ),
        (
            refusal(|s| s.idle_in_transaction_timeout = Duration::from_micros(10)),
            "idle_in_transaction_timeout is 10µs: 0 or 1ms to 24 days are possible",
        ),
        (
            refusal(|s| s.client_connection_check_interval = Duration::MAX),
            "client_connection_check_interval is",
        ),
        (refusal(|s| s.keepalives_idle = Duration::ZERO), "keepalives_idle is 0ns: 1s to 9h are possible"),
        (refusal(|s| s.keepalives_retries = 0), "keepalives_retries is 0: 1 to 127 are possible"),
    ] {
        assert!(reason.contains(said), "{reason}");
    }
}

#[test]
fn every_fault_is_named_at_once() {
    let reason = refusal(|s| {
        s.max_connections = 0;
        s.connect_timeout = Duration::ZERO;
    });
    assert!(reason.contains("max_connections") && reason.contains("connect_timeout"), "{reason}");
}

#[test]
fn the_largest_and_the_smallest_are_taken() {
    let mut settings = DatabaseSettings::new("postgres://db.example/shop".into());
    settings.max_connections = 1;
    settings.min_idle = 1;
    settings.statement_timeout = Duration::ZERO;
    settings.tcp_user_timeout = Duration::ZERO;
    settings.client_connection_check_interval = Duration::ZERO;
    settings.max_lifetime = Duration::MAX;
    settings.idle_timeout = Duration::from_millis(1);
    Connector::new(settings).unwrap();
}

#[test]
fn hosts_that_do_not_match_are_refused_before_connecting() {
    for (url, said) in [
        ("dbname=shop", "the connection string names no host"),
        ("host=a,b hostaddr=127.0.0.1 dbname=shop", "host names 2 servers and hostaddr 1"),
        ("host=a,b,c port=1,2 dbname=shop", "port has 2 entries for 3 hosts"),
    ] {
        let error = Connector::new(DatabaseSettings::new(url.into())).unwrap_err().to_string();
        assert!(error.contains(said), "{error}");
    }
}
