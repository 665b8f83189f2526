//! Custom domains: whose they are, and which are routed.

use futures_util::future::join_all;
use wh_repo::{Conflict, Domains, Error, NewDomain, Page};
use wh_types::{AppId, DomainId, UserId};

use crate::support::World;

fn domain(user: UserId, app: AppId, name: &str) -> NewDomain {
    NewDomain { user, app, hostname: name.parse().unwrap(), verification_token: "wh-verify-1".into() }
}

#[tokio::test]
async fn a_name_may_be_claimed_by_several_apps_and_claiming_it_again_gives_the_claim_back() {
    let world = World::new().await;
    let (ada, eve) = (world.user("ada", "pro").await, world.user("eve", "pro").await);
    let app = world.app(&ada, "first-shop").await.app;
    let other = world.app(&ada, "second-shop").await.app;
    let eves = world.app(&eve, "eves-shop").await.app;
    let domains = world.db.domains();
    let made = domains.create(&domain(ada.id, app, "Shop.Acme.DEV")).await.unwrap();
    assert_eq!((made.hostname.as_str(), made.verified, made.app_id), ("shop.acme.dev", false, app));
    let mut again = domain(ada.id, app, "shop.acme.dev");
    again.verification_token = "another".into();
    assert_eq!(domains.create(&again).await.unwrap(), made);

    let (second, eves_claim) = world
        .db
        .transaction(async |tx| {
            let second = tx.domains().create(&domain(ada.id, other, "shop.acme.dev")).await?;
            let refusal = tx.domains().create(&domain(eve.id, app, "eve.acme.dev")).await.unwrap_err();
            assert_eq!(refusal.to_string(), "no such app");
            Ok::<_, Error>((second, tx.domains().create(&domain(eve.id, eves, "shop.acme.dev")).await?))
        })
        .await
        .unwrap();
    assert!(domains.delete(second.id, ada.id).await.unwrap());

    let page = Page::default();
    assert_eq!(domains.find(made.id, ada.id).await.unwrap().as_ref(), Some(&made));
    assert_eq!(domains.find(made.id, eve.id).await.unwrap(), None);
    assert_eq!(domains.list_for_user(ada.id, page).await.unwrap(), std::slice::from_ref(&made));
    assert_eq!(domains.list_for_app(app, page).await.unwrap(), std::slice::from_ref(&made));
    assert_eq!(domains.list_for_app(app, page.before(made.id)).await.unwrap(), []);
    assert!(!domains.delete(made.id, eve.id).await.unwrap());
    assert!(domains.delete(made.id, ada.id).await.unwrap());
    assert!(!domains.delete(made.id, ada.id).await.unwrap());
    domains.mark_verified(eves_claim.id).await.unwrap();
    let late = domains.create(&domain(ada.id, app, "shop.acme.dev")).await.unwrap();
    world
        .db
        .transaction(async |tx| {
            let refusal = tx.domains().mark_verified(late.id).await.unwrap_err();
            assert!(
                matches!(refusal, Error::Conflict(Conflict::Taken { field: "hostname", .. })),
                "{refusal}"
            );
            tx.domains().mark_verified(eves_claim.id).await
        })
        .await
        .unwrap();
}

#[tokio::test]
async fn only_what_is_verified_is_routed() {
    let world = World::new().await;
    let ada = world.user("ada", "pro").await;
    let (first, second) = (world.app(&ada, "first-shop").await.app, world.app(&ada, "second-shop").await.app);
    let domains = world.db.domains();
    let mut made = Vec::new();
    for (app, name) in
        [(first, "b.acme.dev"), (first, "a.acme.dev"), (second, "c.acme.dev"), (second, "d.acme.dev")]
    {
        made.push(domains.create(&domain(ada.id, app, name)).await.unwrap().id);
    }
    domains.mark_check_failed(made[0], &"\0no TXT".repeat(1000)).await.unwrap();
    let failed = domains.find(made[0], ada.id).await.unwrap().unwrap();
    assert!(failed.last_checked_at.is_some() && failed.last_check_error.len() == 4096);
    for id in &made[..3] {
        domains.mark_verified(*id).await.unwrap();
    }
    let verified = domains.find(made[0], ada.id).await.unwrap().unwrap();
    assert!(verified.verified && verified.last_check_error.is_empty());
    domains.mark_check_failed(made[0], "timeout").await.unwrap();
    domains.mark_verified(made[0]).await.unwrap();
    let again = domains.find(made[0], ada.id).await.unwrap().unwrap();
    assert!(again.verified && again.verified_at == verified.verified_at);

    assert_eq!(domains.list_verified(first).await.unwrap(), ["a.acme.dev", "b.acme.dev"]);
    let routes = domains.verified_by_apps(&[first, second, AppId::new(0)]).await.unwrap();
    assert_eq!(routes.len(), 2);
    assert_eq!(routes[&second], ["c.acme.dev"]);
    assert!(domains.verified_by_apps(&[]).await.unwrap().is_empty());
    let many = vec![first; Domains::MAX_APPS + 1];
    assert!(matches!(domains.verified_by_apps(&many).await, Err(Error::Invalid(_))));
    for refusal in [
        domains.mark_verified(DomainId::new(0)).await.err(),
        domains.mark_check_failed(DomainId::new(0), "").await.err(),
    ] {
        assert_eq!(refusal.unwrap().to_string(), "no such domain");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_two_users_who_race_for_a_name_verifies_it() {
    let world = World::with_connections(16).await;
    let (ada, eve) = (world.user("ada", "pro").await, world.user("eve", "pro").await);
    let news = [
        domain(ada.id, world.app(&ada, "first-shop").await.app, "shop.acme.dev"),
        domain(eve.id, world.app(&eve, "eves-shop").await.app, "shop.acme.dev"),
    ];
    let made = join_all((0..64).map(|n| world.db.domains().create(&news[n % 2]))).await;
    let made: Vec<_> = made.into_iter().map(|domain| domain.unwrap().id).collect();
    assert!((0..64).all(|n| made[n] == made[n % 2]) && made[0] != made[1]);

    let outcomes = join_all(made.iter().map(|id| world.db.domains().mark_verified(*id))).await;
    assert_eq!(
        outcomes.iter().filter(|outcome| outcome.is_ok()).count(),
        32,
        "every call of the winner succeeds"
    );
    for refusal in outcomes.into_iter().filter_map(Result::err) {
        assert!(matches!(refusal, Error::Conflict(Conflict::Taken { .. })), "{refusal}");
    }
}
