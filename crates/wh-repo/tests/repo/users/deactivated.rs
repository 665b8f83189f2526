//! Accounts that are switched off.

use std::time::Duration;

use wh_repo::{Denied, Error, Page};

use crate::sessions::session;
use crate::support::{World, eventually, profile};

fn is_denied<T>(outcome: &Result<T, Error>) -> bool {
    matches!(outcome, Err(Error::Denied(Denied::Deactivated)))
}

#[tokio::test]
async fn deactivating_ends_every_session_and_refuses_new_ones() {
    let world = World::new().await;
    let (ada, eve) = (world.user("ada", "free").await, world.user("eve", "free").await);
    let db = &world.db;
    let minutes = Duration::from_mins(5);
    let old = db.sessions().create(&session(ada.id, "one")).await.unwrap();
    db.sessions().create(&session(ada.id, "two")).await.unwrap();
    db.sessions().create(&session(eve.id, "eves")).await.unwrap();
    let waiting = db.pending_totps().create(ada.id, "google", minutes).await.unwrap();

    let off = db.users().set_active(ada.id, false).await.unwrap();
    assert!(!off.is_active && off.updated_at > ada.updated_at);
    assert_eq!(db.users().set_active(ada.id, false).await.unwrap(), off, "a second time changes nothing");
    assert_eq!(db.users().find(ada.id).await.unwrap(), Some(off));
    assert_eq!(
        world.raw("SELECT count(*) FROM sessions WHERE user_id = 1 AND revoked_at IS NULL").await,
        "0"
    );

    for token in ["one", "two"] {
        assert_eq!(db.sessions().find_by_token(&token.into()).await.unwrap(), None);
    }
    assert_eq!(db.sessions().list(ada.id, Page::default()).await.unwrap(), []);
    let refusal = db.sessions().bump_last_seen(old.id, "", "").await.unwrap_err();
    assert_eq!(refusal.to_string(), "no such session");
    assert!(is_denied(&db.sessions().create(&session(ada.id, "three")).await));
    assert!(is_denied(&db.pending_totps().create(ada.id, "google", minutes).await));
    assert_eq!(db.pending_totps().consume(&waiting).await.unwrap(), None);
    assert!(is_denied(&db.users().upsert_google(&profile("ada")).await));
    assert!(db.sessions().find_by_token(&"eves".into()).await.unwrap().is_some(), "others stay");

    let on = db.users().set_active(ada.id, true).await.unwrap();
    assert!(on.is_active);
    assert_eq!(db.sessions().find_by_token(&"one".into()).await.unwrap(), None, "what ended stays so");
    db.sessions().create(&session(ada.id, "four")).await.unwrap();
    assert_eq!(db.users().set_active(ada.id, true).await.unwrap(), on);
    assert!(db.sessions().find_by_token(&"four".into()).await.unwrap().is_some(), "nothing ends that was on");
    assert!(!db.users().upsert_google(&profile("ada")).await.unwrap().kept_email);
}

#[tokio::test]
async fn sessions_of_an_account_that_was_switched_off_by_hand_are_dead_too() {
    let world = World::new().await;
    let ada = world.user("ada", "free").await;
    let db = &world.db;
    let made = db.sessions().create(&session(ada.id, "one")).await.unwrap();
    let waiting = db.pending_totps().create(ada.id, "google", Duration::from_mins(5)).await.unwrap();
    world.raw("UPDATE users SET is_active = false").await;
    assert_eq!(db.sessions().find_by_token(&"one".into()).await.unwrap(), None);
    assert_eq!(db.sessions().list(ada.id, Page::default()).await.unwrap(), []);
    assert!(db.sessions().bump_last_seen(made.id, "", "").await.is_err());
    assert!(db.sessions().revoke_others(ada.id, made.id).await.is_err());
    assert_eq!(db.pending_totps().consume(&waiting).await.unwrap(), None);
}

#[tokio::test]
async fn a_sign_in_that_meets_the_deactivation_is_refused_or_ended() {
    let world = World::new().await;
    let ada = world.user("ada", "free").await;
    let db = &world.db;
    let waits = async || {
        world
            .raw("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
            .await
            == "1"
    };

    // The deactivation came first, and has not committed yet.
    let client = world.postgres.client().await;
    client.batch_execute("BEGIN; UPDATE users SET is_active = false").await.unwrap();
    let rival = async {
        eventually("the sign-in waits", waits).await;
        client.batch_execute("COMMIT").await.unwrap();
    };
    let new = session(ada.id, "late");
    let (late, ()) = tokio::join!(db.sessions().create(&new), rival);
    assert!(is_denied(&late));

    // The sign-in came first.
    world.raw("UPDATE users SET is_active = true").await;
    client
        .batch_execute(
            "BEGIN; SELECT FROM users FOR NO KEY UPDATE; \
             INSERT INTO sessions (user_id, token_hash) VALUES (1, repeat('a', 64))",
        )
        .await
        .unwrap();
    let rival = async {
        eventually("the deactivation waits", waits).await;
        client.batch_execute("COMMIT").await.unwrap();
    };
    let (off, ()) = tokio::join!(db.users().set_active(ada.id, false), rival);
    off.unwrap();
    db.users().set_active(ada.id, true).await.unwrap();
    assert_eq!(
        db.sessions().list(ada.id, Page::default()).await.unwrap(),
        [],
        "it does not come back to life"
    );
}
