//! Servers whose settings would make answers wrong: pinned where the server takes it, refused where it does not.

use futures_util::future::join_all;
use wh_repo::{Denied, DeploymentSpec, Error, Source};
use wh_testkit::TestDatabase;
use wh_types::{AppName, CommitMetadata, GitProvider, UserId, new_app_uuid};

use crate::support::{Role, connect, open, profile, settings, value};

fn spec(user: UserId, number: usize) -> DeploymentSpec {
    let name: AppName = format!("first-shop-{number}").parse().unwrap();
    DeploymentSpec {
        app_uuid: new_app_uuid(),
        user,
        subdomain: (&name).into(),
        name,
        source: Source {
            git_provider: GitProvider::GitHub,
            repo_url: "https://github.com/acme/shop".to_owned(),
            branch: "main".to_owned(),
            commit: CommitMetadata {
                sha: "c0ffee".to_owned(),
                message: "Sell more".to_owned(),
                author: "Ada".to_owned(),
            },
            root_dir: String::new(),
            build_command: "make".to_owned(),
            start_command: "./shop".to_owned(),
            port: 8080,
            git_token: None,
        },
        limits: None,
        auto_deploy: true,
        env: std::collections::BTreeMap::new(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_limit_of_a_plan_holds_whatever_isolation_the_database_prefers() {
    for level in ["repeatable read", "serializable", "read uncommitted"] {
        let postgres = TestDatabase::new().await;
        let name = postgres.name().to_owned();
        postgres
            .execute(&format!("ALTER DATABASE {name} SET default_transaction_isolation = '{level}'"))
            .await;
        let db = open(postgres.url(), 16).await;
        let ada = db.users().upsert_google(&profile("ada")).await.unwrap().user;
        db.users().set_plan(ada.id, &"pro".parse().unwrap()).await.unwrap();

        let racing = (0..32).map(|number| {
            let db = db.clone();
            tokio::spawn(async move { db.deployments().create(&spec(ada.id, number)).await })
        });
        let outcomes: Vec<_> = join_all(racing).await.into_iter().map(Result::unwrap).collect();

        for refusal in outcomes.iter().filter_map(|outcome| outcome.as_ref().err()) {
            assert!(
                matches!(refusal, Error::Denied(Denied::AppLimit { max_apps: 5, .. })),
                "{level}: {refusal}"
            );
        }
        let client = postgres.client().await;
        assert_eq!(value(&client, "SELECT count(*) FROM apps").await, "5", "{level}");
    }
}

#[tokio::test]
async fn queries_go_to_public_whatever_search_path_the_database_prefers() {
    let postgres = TestDatabase::new().await;
    let name = postgres.name().to_owned();
    postgres.execute("CREATE SCHEMA app; CREATE TABLE app.users (LIKE public.users INCLUDING ALL)").await;
    postgres.execute(&format!("ALTER DATABASE {name} SET search_path = app")).await;
    let db = open(postgres.url(), 1).await;
    db.users().upsert_google(&profile("ada")).await.unwrap();
    let client = postgres.client().await;
    assert_eq!(value(&client, "SELECT count(*) FROM public.users").await, "1");
    assert_eq!(value(&client, "SELECT count(*) FROM app.users").await, "0");
}

#[tokio::test]
async fn options_of_the_url_do_not_unpin_what_correctness_rests_on() {
    let postgres = TestDatabase::new().await;
    let mark = if postgres.url().contains('?') { '&' } else { '?' };
    let options =
        "-c%20default_transaction_isolation%3Dserializable%20-c%20search_path%3Dapp%20-c%20work_mem%3D5MB";
    let url = format!("{}{mark}options={options}", postgres.url());
    let connector = wh_repo::Connector::new(settings(&url, 1)).unwrap();
    let mut connection = connector.connect().await.unwrap();
    let shown = async |name: &str, connection: &mut diesel_async::AsyncPgConnection| -> String {
        use diesel_async::RunQueryDsl;
        diesel::dsl::sql::<diesel::sql_types::Text>(&format!("SELECT current_setting('{name}')"))
            .get_result(connection)
            .await
            .unwrap()
    };
    assert_eq!(shown("default_transaction_isolation", &mut connection).await, "read committed");
    assert_eq!(shown("search_path", &mut connection).await, "public");
    assert_eq!(shown("work_mem", &mut connection).await, "5MB");
    assert_eq!(shown("client_connection_check_interval", &mut connection).await, "2s");
}

#[tokio::test]
async fn a_database_that_is_not_utf_8_is_refused_with_the_way_to_one_that_is() {
    let postgres = TestDatabase::empty().await;
    for encoding in ["LATIN1", "SQL_ASCII", "WIN1250"] {
        let name = format!("{}_{}", postgres.name(), encoding.to_lowercase());
        let admin = postgres.client().await;
        admin
            .batch_execute(&format!(
                "CREATE DATABASE {name} ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"
            ))
            .await
            .unwrap();
        let url = wh_testkit::with_database(postgres.url(), &name);
        let error = connect(settings(&url, 1)).await.unwrap_err();
        let dropped = admin.batch_execute(&format!("DROP DATABASE {name} (FORCE)")).await;
        let message = error.to_string();
        assert!(message.contains(&format!("its encoding is {encoding}")), "{message}");
        assert!(message.contains("CREATE DATABASE new_name ENCODING 'UTF8'"), "{message}");
        assert!(message.contains(&format!("pg_dump {name} | psql new_name")), "{message}");
        dropped.unwrap();
    }
    // The statement of the message, as it stands there.
    let admin = postgres.client().await;
    let name = format!("{}_utf8", postgres.name());
    admin
        .batch_execute(&format!(
            "CREATE DATABASE {name} ENCODING 'UTF8' LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8' TEMPLATE template0"
        ))
        .await
        .unwrap();
    let opened = connect(settings(&wh_testkit::with_database(postgres.url(), &name), 1)).await;
    admin.batch_execute(&format!("DROP DATABASE {name} (FORCE)")).await.unwrap();
    opened.unwrap();
}

#[tokio::test]
async fn a_server_that_does_not_speak_english_is_refused_with_the_statement_that_mends_it() {
    let postgres = TestDatabase::empty().await;
    let role = Role::new(&postgres, "").await;
    let client = postgres.client().await;
    let mut foreign = None;
    for locale in ["de_DE.utf8", "de_DE.UTF-8", "fr_FR.utf8", "fr_FR.UTF-8", "pl_PL.utf8", "ja_JP.utf8"] {
        let set = format!("ALTER ROLE {} SET lc_messages = '{locale}'", role.name);
        if client.batch_execute(&set).await.is_ok() {
            foreign = Some(locale);
            break;
        }
    }
    let Some(locale) = foreign else { return eprintln!("left out: this server has English locales only") };
    let message = connect(settings(&role.url, 1)).await.unwrap_err().to_string();
    assert!(message.contains(&format!("lc_messages is {locale}")), "{message}");
    let remedy = format!("ALTER ROLE {} SET lc_messages = 'C'", role.name);
    assert!(message.contains(&remedy), "{message}");
    client.batch_execute(&remedy).await.unwrap();
    connect(settings(&role.url, 1)).await.unwrap();
}
