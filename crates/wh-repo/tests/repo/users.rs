//! Users and their sign-in.

mod deactivated;
mod races;

use futures_util::future::join_all;
use wh_repo::{Conflict, Error, GoogleProfile};
use wh_types::UserId;

use crate::support::{World, profile};

#[tokio::test]
async fn signing_in_again_updates_the_same_user() {
    let world = World::new().await;
    let first = world.db.users().upsert_google(&profile("ada")).await.unwrap().user;
    assert_eq!((first.plan.as_str(), first.is_active), ("free", true));

    let renamed =
        GoogleProfile { name: "Ada L.".into(), email: "lovelace@example.org".into(), ..profile("ada") };
    let second = world.db.users().upsert_google(&renamed).await.unwrap();
    assert!(!second.kept_email);
    let second = second.user;

    assert_eq!(second.id, first.id);
    assert_eq!((second.name.as_str(), second.email.as_str()), ("Ada L.", "lovelace@example.org"));
    assert!(second.updated_at > first.updated_at);
    assert_eq!(world.db.users().find(first.id).await.unwrap(), Some(second));
}

#[tokio::test]
async fn an_address_of_another_identity_is_refused_and_the_transaction_goes_on() {
    let world = World::new().await;
    let _ada = world.user("ada", "free").await;
    let intruder = GoogleProfile { google_id: "google-eve".into(), ..profile("ada") };
    let eve = world
        .db
        .transaction(async |tx| {
            let refusal = tx.users().upsert_google(&intruder).await.unwrap_err();
            assert!(matches!(refusal, Error::Conflict(Conflict::AccountExists)), "{refusal}");
            Ok::<_, Error>(tx.users().upsert_google(&profile("eve")).await?.user)
        })
        .await
        .unwrap();
    assert_eq!(world.db.users().find(eve.id).await.unwrap().unwrap().email, "eve@example.org");
}

#[tokio::test]
async fn sixty_four_first_sign_ins_make_one_user() {
    let world = World::with_connections(16).await;
    let ada = profile("ada");
    let users = join_all((0..64).map(|_| world.db.users().upsert_google(&ada))).await;
    let first = users[0].as_ref().unwrap().user.id;
    for user in users {
        assert_eq!(user.unwrap().user.id, first);
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
            "email is out of bounds: it has 256 characters, 255 are allowed",
        ),
        (
            GoogleProfile { email: "not an address".into(), ..profile("ada") },
            "email is out of bounds: it is not an e-mail address: write it like ada@example.org",
        ),
        (
            GoogleProfile { name: "a\0b".into(), ..profile("ada") },
            "name is out of bounds: it holds a NUL character, which Postgres cannot store",
        ),
    ] {
        assert_eq!(world.db.users().upsert_google(&broken).await.unwrap_err().to_string(), message);
    }
}

#[tokio::test]
async fn one_address_is_one_account_whatever_its_spelling() {
    let world = World::new().await;
    let users = world.db.users();
    let google = |id: &str, email: &str| GoogleProfile {
        google_id: id.to_owned(),
        email: email.to_owned(),
        ..profile("ada")
    };
    for (first, others) in [
        ("Ada@Example.org", ["ada@example.org", " ADA@example.ORG ", "ada@example.org\n"]),
        // Composed and decomposed, in both cases.
        (
            "\u{e4}da@example.org",
            ["a\u{308}da@example.org", "\u{c4}DA@example.org", "A\u{308}da@example.org"],
        ),
        (
            "\u{41a}\u{43e}\u{442}@example.org",
            [
                "\u{43a}\u{43e}\u{442}@example.org",
                "\u{41a}\u{41e}\u{422}@example.org",
                "\u{a0}\u{43a}\u{43e}\u{442}@example.org",
            ],
        ),
    ] {
        let owner = users.upsert_google(&google(first, first)).await.unwrap().user;
        assert_eq!(owner.email, first);
        for other in others {
            let refusal = users.upsert_google(&google("google-eve", other)).await.unwrap_err();
            assert!(matches!(refusal, Error::Conflict(Conflict::AccountExists)), "{other:?}: {refusal}");
            let again = users.upsert_google(&google(first, other)).await.unwrap();
            assert_eq!((again.user.id, again.kept_email), (owner.id, false), "{other:?} is its own address");
        }
    }
    let trimmed = users.upsert_google(&google("google-x", "\t x@example.org\r\n")).await.unwrap().user;
    assert_eq!(trimmed.email, "x@example.org");
    assert_eq!(world.raw("SELECT email FROM users WHERE google_id = 'google-x'").await, "x@example.org");
}

#[tokio::test]
async fn a_known_identity_whose_new_address_is_taken_keeps_the_old_one() {
    let world = World::new().await;
    let users = world.db.users();
    let ada = world.user("ada", "free").await;
    let eve = world.user("eve", "free").await;
    let moved = GoogleProfile { email: ada.email.to_uppercase(), name: "Eve L.".into(), ..profile("eve") };

    let signed_in = users.upsert_google(&moved).await.unwrap();
    assert!(signed_in.kept_email);
    assert_eq!((signed_in.user.id, signed_in.user.email.as_str()), (eve.id, "eve@example.org"));
    assert_eq!(signed_in.user.name, "Eve L.", "the rest is up to date");
    assert_eq!(users.find(eve.id).await.unwrap(), Some(signed_in.user));
}

#[tokio::test]
async fn a_plan_that_does_not_exist_is_refused_with_those_that_do() {
    let world = World::new().await;
    let ada = world.user("ada", "pro").await;
    for unknown in ["busines", "Pro", "enterprise"] {
        let plan = wh_types::PlanId::from_stored(unknown.to_owned());
        let refusal = world.db.users().set_plan(ada.id, &plan).await.unwrap_err();
        assert!(matches!(refusal, Error::Invalid(_)), "{refusal}");
        if unknown != "Pro" {
            for known in [unknown, "free", "pro", "business"] {
                assert!(refusal.to_string().contains(known), "{refusal}");
            }
        }
    }
    assert_eq!(world.db.users().find(ada.id).await.unwrap().unwrap().plan, "pro");
    for known in ["free", "pro", "business"] {
        assert_eq!(world.db.users().set_plan(ada.id, &known.parse().unwrap()).await.unwrap().plan, known);
    }
}

#[tokio::test]
async fn a_sequence_behind_its_table_is_called_that() {
    let world = World::new().await;
    let ada = world.user("ada", "free").await;
    world.raw("ALTER SEQUENCE users_id_seq RESTART").await;
    world
        .db
        .transaction(async |tx| {
            let refusal = tx.users().upsert_google(&profile("eve")).await.unwrap_err();
            assert!(matches!(refusal, Error::Misconfigured { .. }), "{refusal}");
            let told = refusal.to_string();
            assert!(told.contains("the sequence of users is behind its table"), "{told}");
            assert!(told.contains("repair sequences"), "{told}");
            let known = tx.users().upsert_google(&profile("ada")).await?;
            assert_eq!(known.user.id, ada.id);
            Ok::<_, Error>(())
        })
        .await
        .unwrap();
    // The refused attempt has drawn the number that was taken.
    assert_eq!(world.db.users().upsert_google(&profile("eve")).await.unwrap().user.name, "eve");

    let sessions = world.db.sessions();
    let new = |token: &str| crate::sessions::session(ada.id, token);
    sessions.create(&new("one")).await.unwrap();
    world.raw("ALTER SEQUENCE sessions_id_seq RESTART").await;
    let refusal = sessions.create(&new("two")).await.unwrap_err();
    assert!(refusal.to_string().contains("the sequence of sessions is behind its table"), "{refusal}");
}

#[tokio::test]
async fn a_user_serialises_without_what_nobody_is_shown() {
    let world = World::new().await;
    let ada = world.user("ada", "free").await;
    assert_eq!(ada.google_id, "google-ada");
    for _ in 0..2 {
        // The second time from the cache, where there is one.
        let found = world.db.users().find(ada.id).await.unwrap().unwrap();
        assert_eq!(found, ada);
        assert!(!serde_json::to_string(&found).unwrap().contains("google"));
    }
}
