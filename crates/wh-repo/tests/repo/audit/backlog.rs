//! Events from before the chain.

use futures_util::future::join_all;
use wh_repo::{MaintenanceOptions, MaintenanceStep};
use wh_types::{AuditKind, UserId};

use super::{ADA, EVE, faults};
use crate::audit_events::event;
use crate::support::World;

#[tokio::test]
async fn older_events_are_chained_in_batches_while_others_write() {
    let world = World::new().await;
    for who in ["ada", "eve", "new"] {
        world.user(who, "free").await;
    }
    world
        .postgres
        .execute(
            "SET session_replication_role = replica;
             INSERT INTO audit_events (user_id, kind) SELECT 1, 'login' FROM generate_series(1, 1300);
             INSERT INTO audit_events (user_id, kind) SELECT 2, 'login' FROM generate_series(1, 3)",
        )
        .await;
    let audit = world.db.audit();
    let trail = audit.verify(ADA).await.unwrap();
    assert_eq!((trail.links, trail.waiting, trail.fault), (0, 1, None), "not looked at yet");
    let record = async |user: UserId| {
        world.db.audit_events().record(&event(user, AuditKind::Logout, "")).await.unwrap();
    };
    record(ADA).await;
    record(UserId::new(3)).await;
    let trail = audit.verify(ADA).await.unwrap();
    assert_eq!((trail.links, trail.waiting, trail.fault), (0, 1301, None));
    let trail = audit.verify(UserId::new(3)).await.unwrap();
    assert_eq!((trail.links, trail.waiting, trail.fault), (1, 0, None));

    let options = MaintenanceOptions { batch_rows: 50, ..MaintenanceOptions::default() };
    let writers = join_all([ADA, EVE].into_iter().cycle().take(8).map(async |user| {
        for _ in 0..20 {
            record(user).await;
        }
    }));
    let maintenance = async {
        let mut chained = 0;
        while world.raw("SELECT count(*) FROM audit_heads WHERE live").await != "3" {
            let report = world.db.maintenance().run(&options).await.unwrap();
            chained += report.step(MaintenanceStep::AuditBacklog).map_or(0, |step| step.changed);
        }
        chained
    };
    let (chained, _) = futures_util::join!(maintenance, writers);
    assert!(chained >= 1304, "{chained}");
    assert_eq!(faults(&world).await, Vec::<String>::new());
    let trails = audit.verify_all(|_| {}).await.unwrap();
    assert_eq!((trails.users, trails.links, trails.waiting), (3, 1303 + 2 + 160, 0));

    let report = world.db.maintenance().run(&options).await.unwrap();
    assert_eq!(
        report.step(MaintenanceStep::AuditBacklog).map(|step| (step.changed, step.more)),
        Some((0, false))
    );
    assert_eq!(world.raw("SELECT count(*) FROM audit_backlog").await, "0");
}
