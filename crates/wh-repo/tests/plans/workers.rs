//! Workers.

use std::time::Duration;

use wh_repo::WorkerRegistration;
use wh_types::{HeartbeatRequest, WorkerId, WorkerResources, WorkerStatus};

use crate::explained_world::ExplainedWorld;
use crate::plan::Allowance;

/// One of those with apps.
pub(crate) const WORKER: WorkerId = WorkerId::new(3);
/// Has thousands of apps that were deleted.
pub(crate) const BUSY: WorkerId = WorkerId::new(1);

pub(crate) async fn see(explained_world: &mut ExplainedWorld) {
    for name in ["worker-3", "new"] {
        let registration = WorkerRegistration {
            name: name.into(),
            ip_address: "2001:db8::7".into(),
            api_key: format!("whk_of_{name}").into(),
            zone: "example.net".into(),
            region_name: String::new(),
            capacity_cpu_milli: 1,
            capacity_memory_mib: 1,
        };
        explained_world
            .see("Workers::upsert", async |tx| tx.workers().upsert(&registration).await.map(drop))
            .await;
    }
    explained_world.see("Workers::find", async |tx| tx.workers().find(WORKER).await).await;
    explained_world
        .see("Workers::find_by_api_key", async |tx| tx.workers().find_by_api_key(&"whk_3".into()).await)
        .await;
    // It gives every row.
    explained_world
        .see_with("Workers::list", Allowance::whole("workers", 0), async |tx| tx.workers().list().await)
        .await;
    explained_world.see("Workers::mark_online", async |tx| tx.workers().mark_online(WORKER).await).await;
    let heartbeat = HeartbeatRequest { status: WorkerStatus::Online, resources: WorkerResources::default() };
    explained_world
        .see("Workers::heartbeat", async |tx| tx.workers().heartbeat(WORKER, &heartbeat).await)
        .await;
    for worker in [WORKER, BUSY] {
        explained_world
            .see("Workers::mark_offline", async |tx| tx.workers().mark_offline(worker).await.map(drop))
            .await;
    }
    // It counts what the worker still has, for the refusal to say.
    explained_world
        .see_with("Workers::delete", Allowance::rows(20_000), async |tx| {
            match tx.workers().delete(WORKER).await {
                Err(wh_repo::Error::Conflict(_)) => Ok(()),
                other => other,
            }
        })
        .await;
    // It looks at every worker: an index by the time of the heartbeat would have to be written at each heartbeat.
    let all_online = Allowance::whole("workers", 2000);
    explained_world
        .see_with("Workers::mark_silent_offline", all_online, async |tx| {
            tx.workers().mark_silent_offline(Duration::from_hours(1), 0).await
        })
        .await;
}
