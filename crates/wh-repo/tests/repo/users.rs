//! Users and their sign-in.

use futures_util::future::join_all;
use wh_repo::{Conflict, Error, GoogleProfile};
use wh_types::UserId;

use crate::support::{World, profile};

#[tokio::test]
async fn signing_in_again_updates_the_same_user() {
    let world = World::new().await;
    let first = world.db.users().upsert_google(&profile("ada")).await.unwrap();
    assert_eq!((first.plan.as_str(), first.is_active), ("free", true));

    let renamed =
        GoogleProfile { name: "Ada L.".into(), email: "lovelace@example.org".into(), ..profile("ada") };
    let second = world.db.users().upsert_google(&renamed).await.unwrap();

    assert_eq!(second.id, first.id);
    assert_eq!((second.name.as_str(), second.email.as_str()), ("Ada L.", "lovelace@example.org"));
    assert!(second.updated_at > first.updated_at);
    assert_eq!(world.db.users().find(first.id).await.unwrap(), Some(second));
}

#[tokio::test]
async fn an_address_of_another_identity_is_refused_and_the_transaction_goes_on() {
    let world = World::new().await;
    let ada = world.user("ada", "free").await;
    let intruder = GoogleProfile { google_id: "google-eve".into(), ..profile("ada") };
    let eve = world
        .db
        .transaction(async |tx| {
            let refusal = tx.users().upsert_google(&intruder).await.unwrap_err();
            assert!(matches!(refusal, Error::Conflict(Conflict::AccountExists)), "{refusal}");
            tx.users().upsert_google(&profile("eve")).await
        })
        .await
        .unwrap();
    assert_eq!(world.db.users().find(eve.id).await.unwrap().unwrap().email, "eve@example.org");

    let moved = GoogleProfile { google_id: "google-eve".into(), email: ada.email, ..profile("eve") };
    let refusal = world.db.users().upsert_google(&moved).await.unwrap_err();
    assert!(matches!(refusal, Error::Conflict(Conflict::AccountExists)), "{refusal}");
}

#[tokio::test]
async fn sixty_four_first_sign_ins_make_one_user() {
    let world = World::with_connections(16).await;
    let ada = profile("ada");
    let users = join_all((0..64).map(|_| world.db.users().upsert_google(&ada))).await;
    let first = users[0].as_ref().unwrap().id;
    for user in users {
        assert_eq!(user.unwrap().id, first);
    }
    assert_eq!(world.raw("SELECT count(*) FROM users").await, "1");
}

#[tokio::test]
async fn nobody_is_found_under_an_unknown_id() {
    let world = World::new().await;
    assert_eq!(world.db.users().find(UserId::new(i64::MAX)).await.unwrap(), None);
    let refusal = world.db.users().set_plan(UserId::new(1), &"pro".parse().unwrap()).await.unwrap_err();
    assert_eq!(refusal.to_string(), "no such user");
}

#[tokio::test]
async fn fields_that_do_not_fit_are_named_before_they_reach_the_database() {
    let world = World::new().await;
    for (broken, message) in [
        (
            GoogleProfile { google_id: String::new(), ..profile("ada") },
            "google_id is out of bounds: it has 0 characters, 1 to 64 are allowed",
        ),
        (
            GoogleProfile { email: "ä".repeat(256), ..profile("ada") },
            "email is out of bounds: it has 256 characters, 1 to 255 are allowed",
        ),
        (
            GoogleProfile { name: "a\0b".into(), ..profile("ada") },
            "name is out of bounds: it holds a NUL character, which Postgres cannot store",
        ),
    ] {
        assert_eq!(world.db.users().upsert_google(&broken).await.unwrap_err().to_string(), message);
    }
}
