//! The audit trail: what somebody with SQL cannot do unseen.

mod attacks;
mod backlog;
mod commits;
mod export;
mod seals;

use wh_repo::AuditFault;
use wh_types::{AuditKind, UserId};

use crate::audit_events::event;
use crate::support::World;

const ADA: UserId = UserId::new(1);
const EVE: UserId = UserId::new(2);

/// Ada, whose events 1 to 5 are the places 1 to 5 of her trail, and Eve with the events 6 to 8.
async fn world() -> World {
    let world = World::new().await;
    assert_eq!((world.user("ada", "free").await.id, world.user("eve", "free").await.id), (ADA, EVE));
    for (user, count) in [(ADA, 5), (EVE, 3)] {
        for place in 1..=count {
            let event = event(user, AuditKind::Login, &format!("192.0.2.{place}"));
            world.db.audit_events().record(&event).await.unwrap();
        }
    }
    assert_eq!(faults(&world).await, Vec::<String>::new());
    world
}

/// The first fault of each user, as it is shown.
async fn faults(world: &World) -> Vec<String> {
    let mut faults: Vec<AuditFault> = Vec::new();
    let trails = world.db.audit().verify_all(|trail| faults.extend(trail.fault)).await.unwrap();
    assert_eq!(
        (usize::try_from(trails.faulty).unwrap(), trails.fault),
        (faults.len(), faults.first().copied())
    );
    faults.iter().map(ToString::to_string).collect()
}

/// As [`world`], and every head is sealed.
async fn sealed_world() -> World {
    let world = world().await;
    world.db.secrets().check().await.unwrap();
    world.postgres.execute("UPDATE audit_heads SET unsealed_since = unsealed_since - interval '1 day'").await;
    let report = world.db.maintenance().run(&wh_repo::MaintenanceOptions::default()).await.unwrap();
    assert_eq!(
        report.step(wh_repo::MaintenanceStep::AuditSeals).map(|step| step.changed),
        Some(2),
        "{report:#}"
    );
    world
}
