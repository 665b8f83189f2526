//! A server that froze is left, and what it had not answered is in doubt.

use std::time::Duration;

use wh_repo::{DatabaseSettings, Error, GoogleProfile};

use crate::{database, each, eventually, open, settings, value};

fn impatient(url: &str) -> DatabaseSettings {
    let second = Duration::from_secs(1);
    DatabaseSettings {
        statement_timeout: second,
        acquire_timeout: second,
        connect_timeout: second,
        ..settings(url)
    }
}

fn ada() -> GoogleProfile {
    GoogleProfile {
        google_id: "google-ada".to_owned(),
        email: "ada@example.org".to_owned(),
        name: "Ada".to_owned(),
        avatar_url: String::new(),
    }
}

#[tokio::test]
async fn a_write_ends_while_its_server_is_frozen_and_is_in_doubt() {
    each("", async |server| {
        let url = database(server).await;
        let db = open(impatient(&url)).await;
        db.users().find(1.into()).await.unwrap();
        server.freeze();
        let refused = db.users().upsert_google(&ada()).await.unwrap_err();
        server.thaw();
        assert!(matches!(refused, Error::Unavailable { in_doubt: true, .. }), "{refused:?}");
        eventually("the thawed server is used again", async || db.users().find(1.into()).await.is_ok()).await;
    })
    .await;
}

#[tokio::test]
async fn a_read_ends_while_its_server_is_frozen_and_nothing_is_in_doubt() {
    each("", async |server| {
        let url = database(server).await;
        let db = open(impatient(&url)).await;
        db.users().find(1.into()).await.unwrap();
        server.freeze();
        let refused = db.users().find(1.into()).await.unwrap_err();
        server.thaw();
        assert!(matches!(refused, Error::Unavailable { in_doubt: false, .. }), "{refused:?}");
    })
    .await;
}

#[tokio::test]
async fn a_commit_that_froze_is_in_doubt_and_is_never_acknowledged() {
    each("", async |server| {
        let url = database(server).await;
        let db = open(impatient(&url)).await;
        let outcome = db
            .transaction(async |tx| {
                let user = tx.users().upsert_google(&ada()).await?;
                server.freeze();
                Ok::<_, Error>(user)
            })
            .await;
        server.thaw();
        let refused = outcome.unwrap_err();
        assert!(matches!(refused, Error::Unavailable { in_doubt: true, .. }), "{refused:?}");
        eventually("no transaction is left open", async || {
            let open = "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in%' AND datname = 'wh'";
            value(&url, open).await == "0"
        })
        .await;
    })
    .await;
}
