//! Reaching a database, or saying clearly why not.

use std::time::Duration;

use wh_plans::Plans;
use wh_repo::{ConnectError, Connector, Database, DatabaseSettings};
use wh_types::UserId;

use crate::support::{World, keys, settings};

#[tokio::test]
async fn nobody_at_the_other_end_is_said_with_host_and_port_and_without_the_password() {
    let error =
        Database::connect(settings("postgres://ada:hunter2@127.0.0.1:1/shop", 1), keys(), Plans::new())
            .await
            .unwrap_err();
    let message = error.to_string();
    assert!(message.starts_with("cannot connect to 127.0.0.1:1 (database shop, user ada): "), "{message}");
    assert!(!message.contains("hunter2") && !format!("{error:?}").contains("hunter2"), "{error:?}");
}

#[tokio::test]
async fn a_lazy_pool_explains_its_time_out_with_the_reason() {
    let mut settings = settings("postgres://ada:hunter2@127.0.0.1:1/shop", 1);
    settings.acquire_timeout = Duration::from_secs(2);
    let db = Database::lazy(Connector::new(settings).unwrap(), keys(), Plans::new());
    let error = db.users().find(UserId::new(1)).await.unwrap_err();
    assert!(error.is_retryable());
    assert!(error.to_string().contains("cannot connect to 127.0.0.1:1 (database shop, user ada)"), "{error}");
}

#[tokio::test]
async fn settings_that_cannot_be_used_are_refused_before_connecting() {
    for (url, part) in [
        ("postgres://h/x?sslmode=sometimes", "sslmode \"sometimes\" is not known"),
        ("postgres://h/x?sslmode=verify-full&sslrootcert=/nowhere/ca.pem", "sslrootcert /nowhere/ca.pem"),
        ("postgres://u:hunter2@h/x?colour=red", "colour"),
        ("just words", "neither a postgres:// URL nor a list of name=value"),
    ] {
        let error = Connector::new(DatabaseSettings::new(url.into())).unwrap_err();
        assert!(matches!(error, ConnectError::Settings(_)));
        let message = error.to_string();
        assert!(message.contains(part) && !message.contains("hunter2"), "{message}");
        let past_a_pooler =
            DatabaseSettings { direct_url: Some(url.into()), ..settings("postgres://h/x", 1) };
        let error = Connector::new(past_a_pooler).unwrap_err();
        assert_eq!(error.to_string(), message, "the direct address is read as well");
    }
}

#[tokio::test]
async fn a_server_that_accepts_and_says_nothing_is_given_up() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = silent.local_addr().unwrap().port();
    let mut settings = settings(&format!("postgres://ada:hunter2@127.0.0.1:{port}/shop"), 1);
    settings.connect_timeout = Duration::from_millis(200);
    let error = Database::connect(settings, keys(), Plans::new()).await.unwrap_err().to_string();
    assert!(error.ends_with("(database shop, user ada): no answer within 200 ms"), "{error}");
}

#[tokio::test]
async fn time_outs_and_the_name_arrive_with_the_first_packet() {
    let world = World::with_connections(1).await;
    let connector = Connector::new(settings(world.postgres.url(), 1)).unwrap();
    let mut connection = connector.connect().await.unwrap();
    let shown = async |name: &str, connection: &mut diesel_async::AsyncPgConnection| -> String {
        use diesel_async::RunQueryDsl;
        diesel::select(diesel::dsl::sql::<diesel::sql_types::Text>(&format!("current_setting('{name}')")))
            .get_result(connection)
            .await
            .unwrap()
    };
    assert_eq!(shown("statement_timeout", &mut connection).await, "30s");
    assert_eq!(shown("idle_in_transaction_session_timeout", &mut connection).await, "1min");
    assert_eq!(shown("application_name", &mut connection).await, "wh-data");
}

#[tokio::test]
async fn the_settings_show_no_password() {
    let settings = DatabaseSettings {
        direct_url: Some("postgres://ada:hunter2@db-itself/shop".into()),
        ..settings("postgres://ada:hunter2@db/shop", 1)
    };
    let connector = Connector::new(settings.clone()).unwrap();
    let shown = format!("{settings:?} {connector:?}");
    assert!(!shown.contains("hunter2"), "{shown}");
    assert_eq!(connector.target(), "db:5432 (database shop, user ada)");
}
