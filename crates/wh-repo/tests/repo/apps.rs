//! Apps and who may see them.

use wh_repo::Page;
use wh_types::{AppId, AppStatus};

use crate::support::World;

#[tokio::test]
async fn an_app_is_found_by_each_of_its_names() {
    let world = World::new().await;
    let ada = world.user("ada", "pro").await;
    let made = world.app(&ada, "first-shop").await;

    let app = world.db.apps().find(made.app).await.unwrap().unwrap();
    assert_eq!(
        (app.name.as_str(), app.subdomain.as_str(), app.status),
        ("first-shop", "first-shop", AppStatus::Pending)
    );
    assert_eq!(world.db.apps().find_by_uuid(app.uuid).await.unwrap().as_ref(), Some(&app));
    assert_eq!(world.db.apps().find_by_name(ada.id, "first-shop").await.unwrap().as_ref(), Some(&app));
}

#[tokio::test]
async fn another_users_app_is_as_good_as_none() {
    let world = World::new().await;
    let (ada, eve) = (world.user("ada", "pro").await, world.user("eve", "pro").await);
    world.app(&ada, "first-shop").await;

    assert_eq!(world.db.apps().find_by_name(eve.id, "first-shop").await.unwrap(), None);
    assert_eq!(world.db.apps().list(eve.id, Page::default()).await.unwrap(), []);
}

#[tokio::test]
async fn pages_go_from_the_newest_app_to_the_oldest() {
    let world = World::new().await;
    let ada = world.user("ada", "business").await;
    for n in 0..5 {
        world.app(&ada, &format!("shop-number-{n}")).await;
    }
    let names = async |page: Page<AppId>| -> (Vec<String>, Option<AppId>) {
        let apps = world.db.apps().list(ada.id, page).await.unwrap();
        (apps.iter().map(|app| app.name.clone()).collect(), apps.last().map(|app| app.id))
    };
    let two = Page::of(2).unwrap();
    let (first, last) = names(two).await;
    assert_eq!(first, ["shop-number-4", "shop-number-3"]);
    let (second, last) = names(two.before(last.unwrap())).await;
    assert_eq!(second, ["shop-number-2", "shop-number-1"]);
    let (third, last) = names(two.before(last.unwrap())).await;
    assert_eq!(third, ["shop-number-0"]);
    assert_eq!(names(two.before(last.unwrap())).await.0, <[String; 0]>::default());
}

#[tokio::test]
async fn stopping_is_recorded_and_a_violation_stays_one() {
    let world = World::new().await;
    let ada = world.user("ada", "pro").await;
    let app = world.app(&ada, "first-shop").await.app;
    let status = async || world.db.apps().find(app).await.unwrap().unwrap().status;

    world.db.apps().mark_stopped(app).await.unwrap();
    world.db.apps().mark_stopped(app).await.unwrap();
    assert_eq!(status().await, AppStatus::Stopped);

    world.raw("UPDATE apps SET status = 'violated'").await;
    world.db.apps().mark_stopped(app).await.unwrap();
    assert_eq!(status().await, AppStatus::Violated);

    let refusal = world.db.apps().mark_stopped(AppId::new(0)).await.unwrap_err();
    assert_eq!(refusal.to_string(), "no such app");
}

#[tokio::test]
async fn a_name_that_no_app_can_have_is_not_found_and_the_transaction_goes_on() {
    let world = World::new().await;
    let ada = world.user("ada", "pro").await;
    let made = world.app(&ada, "first-shop").await;
    let found = world
        .db
        .transaction(async |tx| {
            assert_eq!(tx.apps().find_by_name(ada.id, "first\0shop").await?, None);
            assert_eq!(tx.apps().find_by_name(ada.id, "'; DROP TABLE apps; --").await?, None);
            tx.apps().find_by_name(ada.id, "first-shop").await
        })
        .await
        .unwrap();
    assert_eq!(found.unwrap().id, made.app);
}
