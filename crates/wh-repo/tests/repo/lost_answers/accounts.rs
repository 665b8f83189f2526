//! Users, their accounts, their second factor, their sessions; workers.

use std::time::Duration;

use serde_json::json;
use wh_repo::rows::User;
use wh_repo::{NewAuditEvent, NewSession};
use wh_types::{AuditKind, GitProvider, HeartbeatRequest, SessionId, UserId, WorkerResources, WorkerStatus};

use super::{LossyWorld, Promise};
use crate::support::{World, profile, registration};

pub(super) async fn run(lossy_world: &mut LossyWorld) {
    users(lossy_world).await;
    second_factor(lossy_world).await;
    sessions(lossy_world).await;
    workers(lossy_world).await;
}

async fn ada(world: &World) -> User {
    world.user("ada", "pro").await
}

async fn users(lossy_world: &mut LossyWorld) {
    let hub = GitProvider::GitHub;
    lossy_world
        .lose(
            "Users::upsert_google",
            Promise::Same,
            async |_| (),
            async |db, ()| db.users().upsert_google(&profile("ada")).await,
        )
        .await;
    lossy_world
        .lose("Users::set_plan", Promise::Same, ada, async |db, ada| {
            db.users().set_plan(ada.id, &"business".parse().unwrap()).await
        })
        .await;
    for active in [false, true] {
        let other = async |world: &World| {
            let ada = ada(world).await;
            world.db.users().set_active(ada.id, !active).await.unwrap()
        };
        lossy_world
            .lose("Users::set_active", Promise::Same, other, async |db, ada| {
                db.users().set_active(ada.id, active).await
            })
            .await;
    }
    lossy_world
        .lose("GitTokens::upsert", Promise::Same, ada, async |db, ada| {
            db.git_tokens().upsert(ada.id, hub, "ada", &"token".into()).await
        })
        .await;
    let linked = async |world: &World| {
        let ada = ada(world).await;
        world.db.git_tokens().upsert(ada.id, hub, "ada", &"token".into()).await.unwrap();
        ada
    };
    lossy_world
        .lose("GitTokens::delete", Promise::NothingLeft("Ok(false)"), linked, async |db, ada| {
            db.git_tokens().delete(ada.id, hub).await
        })
        .await;
}

/// Somebody who is enrolled, with the backup code `first`.
async fn enrolled(world: &World) -> User {
    let ada = ada(world).await;
    world.db.users().set_totp_secret(ada.id, &"GEZDGNBVGY3TQOJQ".into()).await.unwrap();
    world.db.backup_codes().replace(ada.id, &["first".into()]).await.unwrap();
    ada
}

async fn second_factor(lossy_world: &mut LossyWorld) {
    lossy_world
        .lose("Users::set_totp_secret", Promise::Same, ada, async |db, ada| {
            db.users().set_totp_secret(ada.id, &"GEZDGNBVGY3TQOJQ".into()).await
        })
        .await;
    lossy_world
        .lose("Users::enable_totp", Promise::Same, enrolled, async |db, ada| {
            db.users().enable_totp(ada.id).await
        })
        .await;
    lossy_world
        .lose("Users::disable_totp", Promise::Same, enrolled, async |db, ada| {
            db.users().disable_totp(ada.id).await
        })
        .await;
    lossy_world
        .lose("Users::accept_totp_step", Promise::NothingLeft("Ok(false)"), enrolled, async |db, ada| {
            db.users().accept_totp_step(ada.id, 58_000_000).await
        })
        .await;
    lossy_world
        .lose("Users::record_second_factor_failure", Promise::Unknown, enrolled, async |db, ada| {
            db.users().record_second_factor_failure(ada.id).await
        })
        .await;
    let codes = ["second".into(), "third".into()];
    lossy_world
        .lose("BackupCodes::replace", Promise::Same, enrolled, async |db, ada| {
            db.backup_codes().replace(ada.id, &codes).await
        })
        .await;
    let (world, ada) = lossy_world
        .lose("BackupCodes::consume", Promise::Anew, enrolled, async |db, ada| {
            db.backup_codes().consume(ada.id, &"first".into()).await
        })
        .await;
    assert!(!world.db.backup_codes().consume(ada.id, &"first".into()).await.unwrap(), "it was spent");

    let minutes = Duration::from_mins(5);
    lossy_world
        .lose("PendingTotps::create", Promise::Anew, self::ada, async |db, ada| {
            db.pending_totps().create(ada.id, "google", minutes).await
        })
        .await;
    let waiting = async |world: &World| {
        let ada = self::ada(world).await;
        world.db.pending_totps().create(ada.id, "google", minutes).await.unwrap()
    };
    let (world, token) = lossy_world
        .lose("PendingTotps::consume", Promise::Unknown, waiting, async |db, token| {
            db.pending_totps().consume(token).await
        })
        .await;
    assert_eq!(world.db.pending_totps().consume(&token).await.unwrap(), None, "it was taken");
    let expired = async |world: &World| {
        waiting(world).await;
        world.postgres.execute("UPDATE pending_totps SET expires_at = wh_now() - interval '1 second'").await;
    };
    lossy_world
        .lose("PendingTotps::prune", Promise::NothingLeft("Ok(0)"), expired, async |db, ()| {
            db.pending_totps().prune(10).await
        })
        .await;
}

fn session(user: UserId, token: &str) -> NewSession {
    NewSession {
        user,
        token: token.into(),
        ip: "192.0.2.1".into(),
        geo: "Berlin".into(),
        user_agent: "Firefox".into(),
        two_factor: false,
    }
}

/// Somebody with two sessions.
async fn signed_in(world: &World) -> (UserId, SessionId) {
    let ada = ada(world).await.id;
    world.db.sessions().create(&session(ada, "one")).await.unwrap();
    (ada, world.db.sessions().create(&session(ada, "two")).await.unwrap().id)
}

async fn sessions(lossy_world: &mut LossyWorld) {
    lossy_world
        .lose("Sessions::create", Promise::Same, ada, async |db, ada| {
            db.sessions().create(&session(ada.id, "one")).await
        })
        .await;
    lossy_world
        .lose("Sessions::bump_last_seen", Promise::Same, signed_in, async |db, (_, id)| {
            db.sessions().bump_last_seen(*id, "2001:db8::1", "Lynx").await
        })
        .await;
    lossy_world
        .lose("Sessions::authenticate", Promise::Same, signed_in, async |db, _| {
            let found = db.sessions().authenticate(&"one".into(), "2001:db8::1", "Lynx").await?;
            Ok(found.map(|found| (found.session.id, found.session.user_agent, found.user.id)))
        })
        .await;
    lossy_world
        .lose("Sessions::revoke", Promise::NothingLeft("Ok(false)"), signed_in, async |db, (ada, id)| {
            db.sessions().revoke(*id, *ada).await
        })
        .await;
    lossy_world
        .lose("Sessions::revoke_others", Promise::NothingLeft("Ok(0)"), signed_in, async |db, (ada, id)| {
            db.sessions().revoke_others(*ada, *id).await
        })
        .await;
    let revoked = async |world: &World| {
        signed_in(world).await;
        world.postgres.execute("UPDATE sessions SET revoked_at = wh_now() - interval '2 days'").await;
    };
    lossy_world
        .lose("Sessions::prune", Promise::NothingLeft("Ok(0)"), revoked, async |db, ()| {
            db.sessions().prune(Duration::from_hours(24), 10).await
        })
        .await;
    lossy_world
        .lose("AuditEvents::record", Promise::Unknown, ada, async |db, ada| {
            let event = NewAuditEvent {
                user: ada.id,
                kind: AuditKind::Login,
                ip: "192.0.2.1".into(),
                geo: String::new(),
                user_agent: String::new(),
                session: None,
                target_type: String::new(),
                target_id: String::new(),
                detail: json!({"a": 1}),
            };
            db.audit_events().record(&event).await
        })
        .await;
}

async fn workers(lossy_world: &mut LossyWorld) {
    let anvil = async |world: &World| world.worker("anvil").await.id;
    lossy_world
        .lose(
            "Workers::upsert",
            Promise::Same,
            async |_| (),
            async |db, ()| db.workers().upsert(&registration("anvil")).await,
        )
        .await;
    lossy_world
        .lose("Workers::mark_online", Promise::Same, anvil, async |db, id| {
            db.workers().mark_online(*id).await
        })
        .await;
    let resources = WorkerResources { used_cpu_milli: 7, ..Default::default() };
    let heartbeat = HeartbeatRequest { status: WorkerStatus::Online, resources };
    lossy_world
        .lose("Workers::heartbeat", Promise::Same, anvil, async |db, id| {
            db.workers().heartbeat(*id, &heartbeat).await
        })
        .await;
    let gone = Promise::NothingLeft("Err(NotFound { entity: \"worker\" })");
    lossy_world.lose("Workers::delete", gone, anvil, async |db, id| db.workers().delete(*id).await).await;
    let at_work = async |world: &World| {
        let (ada, anvil) = (ada(world).await, world.worker("anvil").await);
        world.app_at_work(&ada, "first-shop", &anvil).await;
        world.db.workers().mark_online(anvil.id).await.unwrap();
        world.postgres.execute("UPDATE apps SET status = 'running'").await;
        world.postgres.execute("UPDATE workers SET last_heartbeat_at = wh_now() - interval '1 hour'").await;
        anvil.id
    };
    lossy_world
        .lose("Workers::mark_offline", Promise::Once, at_work, async |db, id| {
            db.workers().mark_offline(*id).await
        })
        .await;
    lossy_world
        .lose("Workers::mark_silent_offline", Promise::NothingLeft("Ok([])"), at_work, async |db, _| {
            db.workers().mark_silent_offline(Duration::from_mins(10), 0).await
        })
        .await;
}
