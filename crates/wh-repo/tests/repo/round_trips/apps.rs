//! Apps, their pinned jobs, and the sweeps.

use std::time::Duration;

use wh_repo::{AppChanges, Page};
use wh_types::{AppStatus, AppStatusReport, ResourceLimits};

use super::CountedWorld;
use crate::support::commit;

#[tokio::test]
async fn changes_of_an_app_cost_one() {
    let counted_world = CountedWorld::new().await;
    let ada = counted_world.world.user("ada", "pro").await;
    let anvil = counted_world.world.worker("anvil").await;
    let made = counted_world.world.app(&ada, "first-shop").await;
    let (app, page) = (made.app, Page::default());
    let plain = AppChanges::default();
    let limits =
        AppChanges { limits: Some(ResourceLimits { memory_mib: 1, ..Default::default() }), ..plain.clone() };

    counted_world
        .count("apps.list_by_worker", 1, async |db| db.apps().list_by_worker(anvil.id, page).await)
        .await;
    counted_world
        .count("apps.list_running_for_worker", 1, async |db| {
            db.apps().list_running_for_worker(anvil.id, page).await
        })
        .await;
    counted_world.count("apps.invalidate", 0, async |db| db.apps().invalidate(app).await).await;
    counted_world
        .count("users.invalidate", 0, async |db| {
            db.users().invalidate(ada.id).await;
            Ok(())
        })
        .await;
    counted_world
        .count("apps.set_webhook_id", 1, async |db| db.apps().set_webhook_id(app, Some("1")).await)
        .await;
    counted_world
        .count("apps.set_auto_deploy", 1, async |db| db.apps().set_auto_deploy(app, true).await)
        .await;
    counted_world.count("apps.update_spec", 1, async |db| db.apps().update_spec(app, &plain).await).await;
    let limited = counted_world.db.apps().update_spec(app, &limits).await;
    assert!(limited.is_err(), "0 CPU is unlimited, which the plan is not");
    counted_world.count("apps.mark_violated", 1, async |db| db.apps().mark_violated(app, "no").await).await;
    counted_world.count("apps.clear_violation", 1, async |db| db.apps().clear_violation(app).await).await;
    counted_world.count("apps.show", 1, async |db| db.apps().show(app).await).await;
    counted_world.count("apps.show_all", 1, async |db| db.apps().show_all(ada.id, page).await).await;
    let report = AppStatusReport {
        app_uuid: counted_world.db.apps().find(app).await.unwrap().unwrap().uuid,
        status: AppStatus::Running,
        container_id: "c".into(),
        port: 0,
        message: String::new(),
    };
    let (as_of, reports) = (chrono::DateTime::UNIX_EPOCH, vec![report; 1000]);
    counted_world.count("apps.report", 1, async |db| db.apps().report(anvil.id, as_of, &reports).await).await;
    counted_world
        .count("deployments.list_recent_for_user", 1, async |db| {
            db.deployments().list_recent_for_user(ada.id, Page::default()).await
        })
        .await;
    counted_world
        .count("deployments.latest_build_logs", 1, async |db| db.deployments().latest_build_logs(app).await)
        .await;
    counted_world.count("jobs.next_assigned", 1, async |db| db.jobs().next_assigned(anvil.id).await).await;
    counted_world
        .count("jobs.fail_stuck", 1, async |db| db.jobs().fail_stuck(Duration::from_mins(10), 10).await)
        .await;
    counted_world
        .count("workers.mark_offline", 1, async |db| db.workers().mark_offline(anvil.id).await)
        .await;
    counted_world
        .count("workers.mark_silent_offline", 1, async |db| {
            db.workers().mark_silent_offline(Duration::from_mins(1), 0).await
        })
        .await;
    counted_world.count("apps.hard_delete", 1, async |db| db.apps().hard_delete(app).await).await;
    counted_world.count("apps.mark_deleted", 1, async |db| db.apps().mark_deleted(app).await).await;
}

#[tokio::test]
async fn a_pinned_job_costs_two() {
    let counted_world = CountedWorld::new().await;
    let ada = counted_world.world.user("ada", "pro").await;
    let anvil = counted_world.world.worker("anvil").await;
    for (n, name) in ["first-shop", "second-shop", "third-shop", "fourth-shop"].into_iter().enumerate() {
        let port = 30_000 + u16::try_from(n).unwrap();
        let app = counted_world.world.running_app(&ada, name, &anvil, port).await;
        match n {
            0 => {
                let beef = commit("beef");
                counted_world
                    .count("deployments.redeploy", 2, async |db| db.deployments().redeploy(app, &beef).await)
                    .await;
            }
            1 => counted_world.count("jobs.start", 2, async |db| db.jobs().start(app).await.map(drop)).await,
            2 => counted_world.count("jobs.stop", 2, async |db| db.jobs().stop(app).await.map(drop)).await,
            _ => {
                counted_world.count("jobs.delete", 2, async |db| db.jobs().delete(app).await.map(drop)).await;
            }
        }
    }
}
