//! Environment variables, and what the database knows of them.

use secrecy::ExposeSecret;
use wh_crypto::KeyRing;
use wh_plans::Plans;
use wh_repo::{Database, Error};
use wh_types::AppId;

use crate::support::{World, key, settings};

#[tokio::test]
async fn a_value_comes_back_as_it_went_in_and_is_a_ciphertext_between() {
    let world = World::new().await;
    let ada = world.user("ada", "pro").await;
    let app = world.app(&ada, "first-shop").await.app;
    let value = "p%40ss \"quoted\" läuft 🦀\nsecond line";

    world.db.env_vars().set(app, &key("DATABASE_URL"), &value.into()).await.unwrap();

    let vars = world.db.env_vars().list(app).await.unwrap();
    let names: Vec<_> = vars.keys().map(ToString::to_string).collect();
    assert_eq!(names, ["DATABASE_URL", "EMPTY", "TOKEN"]);
    assert_eq!(vars[&key("DATABASE_URL")].expose_secret(), value);
    assert_eq!(vars[&key("EMPTY")].expose_secret(), "");
    let stored = world.raw("SELECT string_agg(value, ' ') FROM app_env_vars").await;
    assert!(stored.contains("v1:") && !stored.contains("p%40ss") && !stored.contains("hunter2"), "{stored}");
}

#[tokio::test]
async fn setting_again_replaces_and_deleting_again_says_so() {
    let world = World::new().await;
    let ada = world.user("ada", "pro").await;
    let app = world.app(&ada, "first-shop").await.app;
    for value in ["one", "two"] {
        world.db.env_vars().set(app, &key("MODE"), &value.into()).await.unwrap();
    }
    assert_eq!(world.db.env_vars().list(app).await.unwrap()[&key("MODE")].expose_secret(), "two");
    assert!(world.db.env_vars().delete(app, &key("MODE")).await.unwrap());
    assert!(!world.db.env_vars().delete(app, &key("MODE")).await.unwrap());
}

#[tokio::test]
async fn an_app_that_is_not_there_has_no_environment() {
    let world = World::new().await;
    let nowhere = AppId::new(404);
    let refused_inside = world
        .db
        .transaction(async |tx| {
            let refusal = tx.env_vars().set(nowhere, &key("MODE"), &"x".into()).await.unwrap_err();
            tx.users().upsert_google(&crate::support::profile("ada")).await?;
            Ok::<_, Error>(refusal)
        })
        .await
        .unwrap();
    assert_eq!(refused_inside.to_string(), "no such app");
    assert!(world.db.env_vars().list(nowhere).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_value_that_no_key_opens_is_named_and_never_shown() {
    let world = World::new().await;
    let ada = world.user("ada", "pro").await;
    let app = world.app(&ada, "first-shop").await.app;
    let other_ring = KeyRing::new(&"quite another server secret".into(), &[]).unwrap();
    let other =
        Database::connect(settings(world.postgres.url(), 1), other_ring.clone(), Plans::new()).await.unwrap();

    let error = other.env_vars().list(app).await.unwrap_err();

    let Error::Corrupt { table: "app_env_vars", column: "value", row, reason } = &error else {
        unreachable!("{error}");
    };
    assert_eq!(*row, format!("{app}/TOKEN"));
    assert!(reason.contains(&other_ring.current_id().to_string()), "{reason}");
    let stored = world.raw("SELECT value FROM app_env_vars WHERE key = 'TOKEN'").await;
    assert!(!error.to_string().contains(&stored) && !format!("{error:?}").contains("hunter2"), "{error:?}");

    let rotated =
        KeyRing::new(&"quite another server secret".into(), &["a server secret for tests".into()]).unwrap();
    let both = Database::connect(settings(world.postgres.url(), 1), rotated, Plans::new()).await.unwrap();
    assert_eq!(both.env_vars().list(app).await.unwrap()[&key("TOKEN")].expose_secret(), "hunter2 läuft");
}
