//! Domains.

use wh_repo::{NewDomain, Page};
use wh_types::{AppId, DomainId, UserId};

use crate::accounts::USER;
use crate::apps::{APP, BUSY};
use crate::explained_world::ExplainedWorld;
use crate::plan::Allowance;

pub(crate) async fn see(explained_world: &mut ExplainedWorld) {
    let page = Page::default();
    // Verified, and the only one of its app; every second one is.
    let id = DomainId::new(4242);
    explained_world.see("Domains::find", async |tx| tx.domains().find(id, USER).await).await;
    for user in [USER, UserId::new(1)] {
        explained_world
            .see("Domains::list_for_user", async |tx| tx.domains().list_for_user(user, page).await)
            .await;
    }
    for app in [APP, BUSY] {
        explained_world
            .see("Domains::list_for_app", async |tx| tx.domains().list_for_app(app, page).await)
            .await;
    }
    // One whose domain is verified, and one with thousands that are not, beside one that is.
    for app in [AppId::new(4243), BUSY] {
        explained_world.see("Domains::list_verified", async |tx| tx.domains().list_verified(app).await).await;
    }
    let apps: Vec<AppId> = (1..=500).map(|n| AppId::new(n * 90 + 1)).chain([BUSY]).collect();
    explained_world
        .see("Domains::verified_by_apps", async |tx| tx.domains().verified_by_apps(&apps).await)
        .await;
    let new = NewDomain {
        user: USER,
        app: APP,
        hostname: "shop.acme.dev".parse().unwrap(),
        verification_token: "t".into(),
    };
    // It looks at the zones of all workers, which are few.
    explained_world
        .see_with("Domains::create", Allowance::whole("workers", 1010), async |tx| {
            tx.domains().create(&new).await?;
            tx.domains().create(&new).await.map(drop)
        })
        .await;
    explained_world.see("Domains::mark_verified", async |tx| tx.domains().mark_verified(id).await).await;
    explained_world
        .see("Domains::mark_check_failed", async |tx| tx.domains().mark_check_failed(id, "no").await)
        .await;
    let twice = Allowance::rows(200);
    let now = "2028-02-29T12:00:01Z".parse().unwrap();
    explained_world
        .see_with("Domains::prune_claims", twice, async |tx| tx.domains().prune_claims(now, 100).await)
        .await;
    explained_world.see("Domains::delete", async |tx| tx.domains().delete(id, USER).await).await;
}
