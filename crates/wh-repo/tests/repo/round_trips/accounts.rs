//! What belongs to a user: linked accounts, domains, sessions, the audit log.

use std::time::Duration;

use wh_repo::{NewAuditEvent, NewDomain, NewSession, Page};
use wh_types::{AuditKind, GitProvider};

use super::CountedWorld;

#[tokio::test]
async fn accounts_and_domains_cost_one() {
    let counted_world = CountedWorld::new().await;
    let ada = counted_world.world.user("ada", "pro").await;
    let app = counted_world.world.app(&ada, "first-shop").await.app;
    let (hub, token) = (GitProvider::GitHub, "t".into());
    counted_world
        .count("git_tokens.upsert", 1, async |db| db.git_tokens().upsert(ada.id, hub, "ada", &token).await)
        .await;
    counted_world.count("git_tokens.find", 1, async |db| db.git_tokens().find(ada.id, hub).await).await;
    counted_world.count("git_tokens.list", 1, async |db| db.git_tokens().list(ada.id).await).await;
    counted_world.count("git_tokens.delete", 1, async |db| db.git_tokens().delete(ada.id, hub).await).await;

    let new = NewDomain {
        user: ada.id,
        app,
        hostname: "shop.acme.dev".parse().unwrap(),
        verification_token: "t".into(),
    };
    let page = Page::default();
    let id = counted_world.count("domains.create", 1, async |db| db.domains().create(&new).await).await.id;
    counted_world.count("domains.find", 1, async |db| db.domains().find(id, ada.id).await).await;
    counted_world
        .count("domains.list_for_user", 1, async |db| db.domains().list_for_user(ada.id, page).await)
        .await;
    counted_world
        .count("domains.list_for_app", 1, async |db| db.domains().list_for_app(app, page).await)
        .await;
    counted_world.count("domains.mark_verified", 1, async |db| db.domains().mark_verified(id).await).await;
    counted_world
        .count("domains.mark_check_failed", 1, async |db| db.domains().mark_check_failed(id, "no").await)
        .await;
    counted_world.count("domains.list_verified", 1, async |db| db.domains().list_verified(app).await).await;
    let apps = vec![app; 1000];
    counted_world
        .count("domains.verified_by_apps", 1, async |db| db.domains().verified_by_apps(&apps).await)
        .await;
    counted_world.count("domains.delete", 1, async |db| db.domains().delete(id, ada.id).await).await;
}

#[tokio::test]
async fn sessions_and_the_audit_log_cost_one() {
    let counted_world = CountedWorld::new().await;
    let ada = counted_world.world.user("ada", "pro").await;
    let new = NewSession {
        user: ada.id,
        token: "t".into(),
        ip: String::new(),
        geo: String::new(),
        user_agent: String::new(),
        two_factor: false,
    };
    let id = counted_world.count("sessions.create", 1, async |db| db.sessions().create(&new).await).await.id;
    counted_world
        .count("sessions.find_by_token", 1, async |db| db.sessions().find_by_token(&new.token).await)
        .await;
    counted_world.count("sessions.find", 1, async |db| db.sessions().find(id, ada.id).await).await;
    counted_world
        .count("sessions.authenticate", 1, async |db| db.sessions().authenticate(&new.token, "", "").await)
        .await;
    counted_world
        .count("sessions.list", 1, async |db| db.sessions().list(ada.id, Page::default()).await)
        .await;
    counted_world
        .count("sessions.bump_last_seen", 1, async |db| db.sessions().bump_last_seen(id, "", "").await)
        .await;
    counted_world
        .count("sessions.revoke_others", 1, async |db| db.sessions().revoke_others(ada.id, id).await)
        .await;
    counted_world.count("sessions.revoke", 1, async |db| db.sessions().revoke(id, ada.id).await).await;
    let id = counted_world.db.sessions().create(&NewSession { token: "u".into(), ..new }).await.unwrap().id;
    counted_world.count("sessions.prune", 1, async |db| db.sessions().prune(Duration::ZERO, 10).await).await;

    let event = NewAuditEvent {
        user: ada.id,
        kind: AuditKind::Login,
        ip: String::new(),
        geo: String::new(),
        user_agent: String::new(),
        session: Some(id),
        target_type: String::new(),
        target_id: String::new(),
        detail: serde_json::json!({}),
    };
    counted_world.count("audit_events.record", 1, async |db| db.audit_events().record(&event).await).await;
    counted_world
        .count("audit_events.list", 1, async |db| db.audit_events().list(ada.id, Page::default()).await)
        .await;
    counted_world
        .count("audit_events.has_ip", 1, async |db| db.audit_events().has_ip(ada.id, "").await)
        .await;
}
