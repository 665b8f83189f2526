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

/// A transaction that does something and waits to be told how to end; `true` commits.
async fn held<R: Send + 'static>(
    world: &World,
    work: impl AsyncFnOnce(&wh_repo::Tx<'_>) -> Result<R, Error>,
    meanwhile: impl AsyncFnOnce(),
    commit: bool,
) {
    let outcome = world
        .db
        .transaction(async |tx| {
            work(tx).await?;
            meanwhile().await;
            if commit { Ok(()) } else { Err(Error::NotFound { entity: "anything" }) }
        })
        .await;
    assert_eq!(outcome.is_ok(), commit);
}

const WAITING: &str = "SELECT count(*) FROM pg_locks WHERE NOT granted";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_claim_that_meets_an_uncommitted_one_keeps_its_transaction() {
    for commit in [true, false] {
        let world = World::new().await;
        let ada = world.user("ada", "pro").await;
        let new = domain(ada.id, world.app(&ada, "first-shop").await.app, "shop.acme.dev");
        let (db, mine) = (world.db.clone(), new.clone());
        let mut second = None;
        held(
            &world,
            async |tx| tx.domains().create(&new).await,
            async || {
                second = Some(tokio::spawn(async move {
                    db.transaction(async |tx| {
                        let claim = tx.domains().create(&mine).await?;
                        Ok::<_, Error>((claim, tx.users().find(mine.user).await?))
                    })
                    .await
                }));
                crate::support::eventually("the second waits", async || world.raw(WAITING).await != "0")
                    .await;
            },
            commit,
        )
        .await;
        let (claim, user) = second.unwrap().await.unwrap().unwrap();
        assert!(user.is_some() && claim.hostname == "shop.acme.dev");
        assert_eq!(world.raw("SELECT count(*) FROM domains").await, "1");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_verification_that_meets_an_uncommitted_one_is_told_and_keeps_its_transaction() {
    for commit in [true, false] {
        let world = World::new().await;
        let (ada, eve) = (world.user("ada", "pro").await, world.user("eve", "pro").await);
        let eves = domain(eve.id, world.app(&eve, "eves-shop").await.app, "shop.acme.dev");
        let adas = domain(ada.id, world.app(&ada, "first-shop").await.app, "shop.acme.dev");
        let id = world.db.domains().create(&adas).await.unwrap().id;
        let db = world.db.clone();
        let mut second = None;
        held(
            &world,
            // Claimed and verified in one go: nothing of it was there when the other began.
            async |tx| {
                let claim = tx.domains().create(&eves).await?;
                tx.domains().mark_verified(claim.id).await
            },
            async || {
                second = Some(tokio::spawn(async move {
                    db.transaction(async |tx| {
                        let verified = tx.domains().mark_verified(id).await;
                        Ok::<_, Error>((verified, tx.domains().find(id, ada.id).await?))
                    })
                    .await
                }));
                crate::support::eventually("the second waits", async || world.raw(WAITING).await != "0")
                    .await;
            },
            commit,
        )
        .await;
        let (verified, claim) = second.unwrap().await.unwrap().unwrap();
        let taken = matches!(&verified, Err(Error::Conflict(Conflict::Taken { field: "hostname", .. })));
        assert_eq!((verified.is_ok(), taken), (!commit, commit), "{verified:?}");
        assert_eq!(claim.unwrap().verified, !commit);
    }
}

#[tokio::test]
async fn a_name_of_the_platform_is_nobodys() {
    let world = World::new().await;
    let ada = world.user("ada", "pro").await;
    let app = world.app(&ada, "first-shop").await.app;
    world
        .raw(
            "INSERT INTO workers (name, api_key_hash, zone) VALUES ('anvil', repeat('a', 64), 'anvil.hosting.dev'),
                 ('odd', repeat('b', 64), '.Odd.Hosting.DEV.'), ('zoneless', repeat('c', 64), '')",
        )
        .await;
    world
        .db
        .transaction(async |tx| {
            for name in [
                "anvil.hosting.dev",
                "shop.anvil.hosting.dev",
                "a.b.anvil.hosting.dev",
                "shop.odd.hosting.dev",
            ] {
                let refusal = tx.domains().create(&domain(ada.id, app, name)).await.unwrap_err();
                assert!(matches!(refusal, Error::Invalid(_)), "{name}: {refusal}");
                assert!(refusal.to_string().contains("a name of the platform"), "{refusal}");
            }
            for name in ["hosting.dev", "myanvil.hosting.dev", "anvil.hosting.dev.acme.dev"] {
                tx.domains().create(&domain(ada.id, app, name)).await?;
            }
            Ok::<_, Error>(())
        })
        .await
        .unwrap();
    let nowhere = domain(ada.id, AppId::new(404), "shop.anvil.hosting.dev");
    assert_eq!(world.db.domains().create(&nowhere).await.unwrap_err().to_string(), "no such app");
}

#[tokio::test]
async fn a_deleted_apps_claim_is_verified_no_more() {
    let world = World::new().await;
    let ada = world.user("ada", "pro").await;
    let app = world.app(&ada, "first-shop").await.app;
    let id = world.db.domains().create(&domain(ada.id, app, "shop.acme.dev")).await.unwrap().id;
    // As a process from before leaves it.
    world.raw(&format!("UPDATE apps SET status = 'deleted', deleted_at = now() WHERE id = {app}")).await;
    let refusal = world.db.domains().mark_verified(id).await.unwrap_err();
    assert_eq!(refusal.to_string(), "no such domain");
}

#[tokio::test]
async fn only_claims_that_nobody_proved_are_pruned() {
    let world = World::new().await;
    let ada = world.user("ada", "pro").await;
    let app = world.app(&ada, "first-shop").await.app;
    let domains = world.db.domains();
    for name in ["a.acme.dev", "b.acme.dev", "c.acme.dev", "d.acme.dev"] {
        domains.create(&domain(ada.id, app, name)).await.unwrap();
    }
    domains.mark_verified(domains.list_for_app(app, Page::default()).await.unwrap()[3].id).await.unwrap();
    world.raw("UPDATE domains SET created_at = '2020-01-01' WHERE hostname <> 'd.acme.dev'").await;
    let before = "2020-01-01T00:00:01Z".parse().unwrap();
    assert_eq!(domains.prune_claims(before, 1).await.unwrap(), 1);
    assert_eq!(domains.prune_claims(before, 0).await.unwrap(), 1);
    assert_eq!(domains.prune_claims(before, 0).await.unwrap(), 0);
    assert!(domains.prune_claims(before, -1).await.is_err());
    let left = world.raw("SELECT string_agg(hostname, ' ' ORDER BY hostname) FROM domains").await;
    assert_eq!(left, "a.acme.dev d.acme.dev");
}

#[tokio::test]
async fn no_name_under_the_domain_of_the_platform_can_be_claimed() {
    let world = World::new().await;
    let ada = world.user("ada", "pro").await;
    let app = world.app(&ada, "first-shop").await.app;
    let policy = wh_repo::Policy::default().with_platform_domain("Hosting.dev.");
    let db = crate::support::open(world.postgres.url(), 2).await.with_policy(policy);
    for name in ["hosting.dev", "shop.hosting.dev", "a.b.hosting.dev"] {
        let refusal = db.domains().create(&domain(ada.id, app, name)).await.unwrap_err();
        assert!(refusal.to_string().contains("a name of the platform"), "{refusal}");
    }
    for name in ["myhosting.dev", "hosting.dev.acme.dev"] {
        db.domains().create(&domain(ada.id, app, name)).await.unwrap();
    }
}
