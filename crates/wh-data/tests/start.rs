//! A service starts with its configuration.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot arrange its world must stop"
)]

use std::collections::BTreeMap;
use std::time::Duration;

use wh_data::config::{Config, Sources};
use wh_data::mail::{Drained, MailError, NewDeviceInfo};
use wh_data::repo::{DeploymentSpec, Error, GoogleProfile, NewSession, Source};
use wh_data::types::{AppName, CommitMetadata, GitProvider, new_app_uuid};
use wh_data::{DataLayer, StartError};
use wh_testkit::{TestDatabase, eventually};

/// The configuration of a service on this database.
fn config(postgres: &TestDatabase, more: &[(&str, &str)]) -> Config {
    let url: tokio_postgres::Config = postgres.url().parse().unwrap();
    let host = match &url.get_hosts()[0] {
        tokio_postgres::config::Host::Tcp(name) => name.clone(),
        tokio_postgres::config::Host::Unix(folder) => folder.display().to_string(),
    };
    let password = String::from_utf8(url.get_password().unwrap_or(b"none").to_vec()).unwrap();
    let sources = Sources::new()
        .variable("WH_DATABASE__HOST", host)
        .variable("WH_DATABASE__PORT", url.get_ports()[0].to_string())
        .variable("WH_DATABASE__USER", url.get_user().unwrap())
        .variable("WH_DATABASE__PASSWORD", password)
        .variable("WH_DATABASE__NAME", postgres.name())
        .variable("WH_API_SERVER__SECRET", "a server secret for tests")
        .variable("WH_CONTAINER__PORT_RANGE_START", "30000")
        .variable("WH_CONTAINER__PORT_RANGE_END", "31000")
        .variable("WH_PLATFORM__DOMAIN", "acme.dev");
    let sources = more.iter().fold(sources, |sources, (name, value)| sources.variable(*name, *value));
    Config::from_sources(sources).unwrap()
}

fn spec(user: &wh_data::repo::rows::User, name: &str) -> DeploymentSpec {
    let name: AppName = name.parse().unwrap();
    DeploymentSpec {
        app_uuid: new_app_uuid(),
        user: user.id,
        subdomain: (&name).into(),
        name,
        source: Source {
            git_provider: GitProvider::GitHub,
            repo_url: "https://github.com/acme/shop".to_owned(),
            branch: "main".to_owned(),
            commit: CommitMetadata::default(),
            root_dir: String::new(),
            build_command: String::new(),
            start_command: String::new(),
            port: 0,
            git_token: None,
        },
        limits: None,
        auto_deploy: false,
        env: BTreeMap::from([("TOKEN".parse().unwrap(), "hunter2".into())]),
    }
}

async fn sign_in(data: &DataLayer) -> wh_data::repo::rows::User {
    let ada = GoogleProfile {
        google_id: "1".to_owned(),
        email: "ada@example.org".to_owned(),
        name: String::new(),
        avatar_url: String::new(),
    };
    data.db().users().upsert_google(&ada).await.unwrap().user
}

#[tokio::test]
async fn an_empty_database_is_migrated_and_ready() {
    let postgres = TestDatabase::empty().await;
    let config = config(&postgres, &[]);
    let (first, second) = tokio::join!(DataLayer::start(&config), DataLayer::start(&config));
    let ada = sign_in(&first.unwrap()).await;
    let seen = second.unwrap().db().users().find(ada.id).await.unwrap();
    assert_eq!(seen, Some(ada));
}

#[tokio::test]
async fn secrets_and_plans_are_those_of_the_configuration() {
    let postgres = TestDatabase::new().await;
    let more = [("WH_SECURITY__STORED_FORM", "v2"), ("WH_PLANS__FREE__MAX_APPS", "2")];
    let data = DataLayer::start(&config(&postgres, &more)).await.unwrap();
    let ada = sign_in(&data).await;
    let app = data.db().deployments().create(&spec(&ada, "first-shop")).await.unwrap().app;
    data.db().deployments().create(&spec(&ada, "second-shop")).await.unwrap();
    let refused = data.db().deployments().create(&spec(&ada, "third-shop")).await;
    assert!(matches!(refused, Err(Error::Denied(_))), "{refused:?}");

    // Bound to its row, a ciphertext opens there and nowhere else.
    let client = postgres.client().await;
    let moved = format!(
        "UPDATE app_env_vars SET value = (SELECT value FROM app_env_vars WHERE app_id <> {app}) WHERE app_id = {app}"
    );
    assert_eq!(data.db().env_vars().list(app).await.unwrap().len(), 1);
    client.batch_execute(&moved).await.unwrap();
    let error = data.db().env_vars().list(app).await.unwrap_err();
    assert!(matches!(error, Error::Corrupt { table: "app_env_vars", .. }), "{error}");
}

#[tokio::test]
async fn sessions_end_after_the_lifetime_of_the_configuration() {
    let postgres = TestDatabase::empty().await;
    let data =
        DataLayer::start(&config(&postgres, &[("WH_SECURITY__SESSION_LIFETIME", "2h")])).await.unwrap();
    let new = NewSession {
        user: sign_in(&data).await.id,
        token: "a cookie".into(),
        ip: String::new(),
        geo: String::new(),
        user_agent: String::new(),
        two_factor: false,
    };
    data.db().sessions().create(&new).await.unwrap();
    for (ago, alive) in [("119 minutes", true), ("121 minutes", false)] {
        postgres.execute(&format!("UPDATE sessions SET last_seen_at = now() - interval '{ago}'")).await;
        let found = data.db().sessions().find_by_token(&new.token).await.unwrap();
        assert_eq!(found.is_some(), alive, "{ago}");
    }
}

#[tokio::test]
async fn a_database_that_was_left_half_way_is_refused() {
    let postgres = TestDatabase::new().await;
    postgres.execute("UPDATE schema_migrations SET dirty = true").await;
    let refused = DataLayer::start(&config(&postgres, &[])).await;
    assert!(matches!(refused, Err(StartError::Migrate(_))), "{refused:?}");
    assert!(refused.unwrap_err().to_string().contains("wh-data migrate force"));
}

#[tokio::test]
async fn a_database_that_is_not_there_is_named() {
    let postgres = TestDatabase::new().await;
    let refused = DataLayer::start(&config(&postgres, &[("WH_DATABASE__PORT", "1")])).await.unwrap_err();
    assert!(matches!(refused, StartError::Connect(_)), "{refused:?}");
    assert!(refused.to_string().contains(":1 (database "), "{refused}");
}

#[tokio::test]
async fn another_secret_is_refused_before_any_traffic_and_the_old_one_beside_it_starts() {
    const NEWER: (&str, &str) = ("WH_API_SERVER__SECRET", "a newer server secret");
    let postgres = TestDatabase::empty().await;
    let data = DataLayer::start(&config(&postgres, &[])).await.unwrap();
    let ada = sign_in(&data).await;
    let app = data.db().deployments().create(&spec(&ada, "first-shop")).await.unwrap().app;

    let refused = DataLayer::start(&config(&postgres, &[NEWER])).await.unwrap_err();
    assert!(matches!(refused, StartError::Secrets(Error::Keys(_))), "{refused:?}");
    let text = refused.to_string();
    assert!(text.contains("api_server.previous_secrets") && !text.contains("a newer"), "{text}");

    let both = [NEWER, ("WH_API_SERVER__PREVIOUS_SECRETS", "a server secret for tests")];
    let (first, second) = (config(&postgres, &both), config(&postgres, &both));
    let (first, second) = tokio::join!(DataLayer::start(&first), DataLayer::start(&second));
    assert_eq!(first.unwrap().db().env_vars().list(app).await.unwrap().len(), 1);
    second.unwrap();
    // A process with the old ring goes on, until it starts anew.
    assert_eq!(data.db().env_vars().list(app).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_database_of_the_original_is_tried_with_its_values() {
    let postgres = TestDatabase::new().await;
    let data = DataLayer::start(&config(&postgres, &[])).await.unwrap();
    let ada = sign_in(&data).await;
    data.db().deployments().create(&spec(&ada, "first-shop")).await.unwrap();
    drop(data);
    let other = config(&postgres, &[("WH_API_SERVER__SECRET", "the secret of somebody else")]);
    eventually("both values that cannot be read are named", async || {
        // The pool that was dropped may still have opened a connection, which put its key on record again.
        postgres.execute("DELETE FROM encryption_keys").await;
        let text = DataLayer::start(&other).await.unwrap_err().to_string();
        text.contains("app_env_vars.value of row") && text.contains("jobs.payload of row")
    })
    .await;
    DataLayer::start(&config(&postgres, &[])).await.unwrap();
}

#[tokio::test]
async fn mail_goes_where_the_configuration_says_until_the_shutdown() {
    let postgres = TestDatabase::new().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mail").display().to_string();
    let more = [("WH_SMTP__TRANSPORT", "folder"), ("WH_SMTP__FOLDER", path.as_str())];
    let data = DataLayer::start(&config(&postgres, &more)).await.unwrap();
    let info = NewDeviceInfo {
        user_email: "ada@example.org".to_owned(),
        session_id: 1.into(),
        user_id: 1.into(),
        ip: String::new(),
        city: String::new(),
        country: String::new(),
        device: String::new(),
        browser: String::new(),
        os: String::new(),
        time: "2026-11-24T13:05:00Z".parse().unwrap(),
        time_zone: String::new(),
    };
    for _ in 0..20 {
        data.mailer().send_new_device_alert(&info, "https://acme.dev").unwrap();
    }
    let ended = data.clone().shutdown(Duration::from_mins(1)).await;
    assert_eq!(ended.mail, Drained { sent: 20, failed: 0, left: 0 });
    assert_eq!(std::fs::read_dir(path).unwrap().count(), 20);
    let late = data.mailer().send_new_device_alert(&info, "https://acme.dev");
    assert_eq!(late.unwrap_err(), MailError::Closed);
}

#[tokio::test]
async fn without_a_mail_server_the_mailer_is_off() {
    let postgres = TestDatabase::new().await;
    let data = DataLayer::start(&config(&postgres, &[("WH_SMTP__HOST", "smtp.acme.dev")])).await.unwrap();
    assert!(!data.mailer().enabled());
}

#[tokio::test]
async fn an_authority_of_the_mail_server_that_cannot_be_read_is_named() {
    let postgres = TestDatabase::new().await;
    let refused =
        DataLayer::start(&config(&postgres, &[("WH_SMTP__CA_FILE", "/nowhere/ca.pem")])).await.unwrap_err();
    assert!(matches!(refused, StartError::Mail(_)), "{refused:?}");
    assert!(refused.to_string().contains("smtp.ca_file names /nowhere/ca.pem"), "{refused}");
}

#[tokio::test]
async fn what_one_process_writes_another_sees_though_both_cache() {
    let postgres = TestDatabase::new().await;
    let config = config(&postgres, &[]);
    let (first, second) =
        (DataLayer::start(&config).await.unwrap(), DataLayer::start(&config).await.unwrap());
    let ada = sign_in(&first).await;
    assert_eq!(second.db().users().find(ada.id).await.unwrap(), Some(ada.clone()));
    let pro = first.db().users().set_plan(ada.id, &"pro".parse().unwrap()).await.unwrap();
    eventually("the other process sees it", async || {
        second.db().users().find(ada.id).await.unwrap() == Some(pro.clone())
    })
    .await;
    assert!(first.cache().is_some());
    first.shutdown(Duration::ZERO).await;
    assert_eq!(first.db().users().find(ada.id).await.unwrap(), Some(pro));
}

#[tokio::test]
async fn a_redis_that_is_not_there_is_no_reason_not_to_start() {
    let postgres = TestDatabase::new().await;
    let data = DataLayer::start(&config(&postgres, &[("WH_REDIS__ADDR", "127.0.0.1:1")])).await.unwrap();
    let ada = sign_in(&data).await;
    assert_eq!(data.db().users().find(ada.id).await.unwrap(), Some(ada));
}
