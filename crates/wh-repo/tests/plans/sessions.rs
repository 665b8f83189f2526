//! Sessions and the audit log.

use std::time::Duration;

use serde_json::json;
use wh_repo::{NewAuditEvent, NewSession, Page};
use wh_types::{AuditKind, SessionId, UserId};

use crate::accounts::USER;
use crate::explained_world::ExplainedWorld;
use crate::plan::Allowance;

/// Has 20,000 sessions, nearly all of them revoked, and 20,000 events.
const BUSY: UserId = UserId::new(1);
/// A living one of [`USER`], and another of theirs.
const SESSION: SessionId = SessionId::new(14_242);

pub(crate) async fn see(explained_world: &mut ExplainedWorld) {
    let new = NewSession {
        user: USER,
        token: "another".into(),
        ip: "192.0.2.1".into(),
        geo: String::new(),
        user_agent: String::new(),
        two_factor: false,
    };
    explained_world.see("Sessions::create", async |tx| tx.sessions().create(&new).await.map(drop)).await;
    explained_world
        .see("Sessions::find_by_token", async |tx| tx.sessions().find_by_token(&"session-14242".into()).await)
        .await;
    explained_world.see("Sessions::find", async |tx| tx.sessions().find(SESSION, USER).await).await;
    explained_world
        .see("Sessions::authenticate", async |tx| {
            tx.sessions().authenticate(&"session-14242".into(), "2001:db8::1", "Lynx").await
        })
        .await;
    for user in [USER, BUSY] {
        explained_world
            .see("Sessions::list", async |tx| tx.sessions().list(user, Page::default()).await)
            .await;
        explained_world
            .see("AuditEvents::list", async |tx| tx.audit_events().list(user, Page::default()).await)
            .await;
    }
    explained_world
        .see("Sessions::bump_last_seen", async |tx| {
            tx.sessions().bump_last_seen(SESSION, "2001:db8::1", "Lynx").await
        })
        .await;
    explained_world.see("Sessions::revoke", async |tx| tx.sessions().revoke(SESSION, USER).await).await;
    explained_world
        .see("Sessions::revoke_others", async |tx| tx.sessions().revoke_others(USER, SESSION).await)
        .await;
    let day = Duration::from_hours(24);
    // As many of those that were revoked and of those that idled away are looked for.
    let both = Allowance::rows(300);
    explained_world.see_with("Sessions::prune", both, async |tx| tx.sessions().prune(day, 100).await).await;

    let event = NewAuditEvent {
        user: USER,
        kind: AuditKind::Login,
        ip: "192.0.2.1".into(),
        geo: String::new(),
        user_agent: String::new(),
        session: Some(SESSION),
        target_type: String::new(),
        target_id: String::new(),
        detail: json!({}),
    };
    explained_world
        .see("AuditEvents::record", async |tx| tx.audit_events().record(&event).await.map(drop))
        .await;
    explained_world
        .see("AuditEvents::has_ip", async |tx| tx.audit_events().has_ip(BUSY, "192.0.2.7").await)
        .await;
    explained_world
        .see("AuditEvents::has_ip", async |tx| {
            tx.audit_events().has_ip(BUSY, "192.0.2.255").await.map(|seen| assert!(!seen))
        })
        .await;
}
