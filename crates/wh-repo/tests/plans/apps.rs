//! Apps and their environment.

use wh_repo::{AppChanges, Page};
use wh_types::{AppId, AppStatus, AppStatusReport, EnvKey, ResourceLimits, UserId};

use crate::accounts::USER;
use crate::explained_world::ExplainedWorld;
use crate::plan::Allowance;
use crate::workers::{BUSY as BUSY_WORKER, WORKER};

/// One of the many, of [`USER`] on [`WORKER`]; it runs.
pub(crate) const APP: AppId = AppId::new(4242);
/// Has thousands of deployments, finished jobs, unverified domains and alerts that were resolved.
pub(crate) const BUSY: AppId = AppId::new(7);
/// Has thousands of apps that were deleted.
const BUSY_USER: UserId = UserId::new(1);

pub(crate) async fn see(explained_world: &mut ExplainedWorld) {
    let uuid = uuid::Uuid::from_u128(0xfe7e_cc4d_e28b_2c83_c016_b5c6_c2ac_d826);
    explained_world.see("Apps::find", async |tx| tx.apps().find(APP).await).await;
    explained_world.see("Apps::find_by_uuid", async |tx| tx.apps().find_by_uuid(uuid).await).await;
    explained_world
        .see("Apps::find_by_name", async |tx| tx.apps().find_by_name(USER, "shop-app-4242").await)
        .await;
    let page = Page::default();
    for user in [USER, BUSY_USER] {
        explained_world.see("Apps::list", async |tx| tx.apps().list(user, page).await).await;
    }
    for worker in [WORKER, BUSY_WORKER] {
        explained_world
            .see("Apps::list_by_worker", async |tx| tx.apps().list_by_worker(worker, page).await)
            .await;
        // It sorts all of the worker's apps that have a port.
        explained_world
            .see_with("Apps::list_running_for_worker", Allowance::rows(8000), async |tx| {
                tx.apps().list_running_for_worker(worker, page).await
            })
            .await;
    }
    explained_world
        .see("Apps::set_webhook_id", async |tx| tx.apps().set_webhook_id(APP, Some("1")).await)
        .await;
    explained_world.see("Apps::set_auto_deploy", async |tx| tx.apps().set_auto_deploy(APP, true).await).await;
    let limits =
        ResourceLimits { cpu_milli: 1, memory_mib: 1, disk_mib: 1, bandwidth_kbit: 1, ..Default::default() };
    let changes = AppChanges { branch: Some("next".into()), limits: Some(limits), ..Default::default() };
    explained_world
        .see("Apps::update_spec", async |tx| tx.apps().update_spec(APP, &changes).await.map(drop))
        .await;
    explained_world.see("Apps::mark_stopped", async |tx| tx.apps().mark_stopped(APP).await).await;
    explained_world.see("Apps::find_for_user", async |tx| tx.apps().find_for_user(APP, USER).await).await;
    explained_world.see("Apps::show", async |tx| tx.apps().show(APP).await).await;
    for user in [USER, BUSY_USER] {
        explained_world.see("Apps::show_all", async |tx| tx.apps().show_all(user, page).await).await;
    }
    let report = AppStatusReport {
        app_uuid: uuid,
        status: AppStatus::Stopped,
        container_id: String::new(),
        port: 0,
        message: String::new(),
    };
    let as_of = chrono::DateTime::from_timestamp(4_000_000_000, 0).unwrap();
    explained_world
        .see("Apps::report", async |tx| {
            tx.apps().report(WORKER, as_of, std::slice::from_ref(&report)).await.map(drop)
        })
        .await;
    explained_world
        .see("Apps::clear_violation", async |tx| {
            tx.apps().mark_violated(APP, "no").await?;
            tx.apps().clear_violation(APP).await
        })
        .await;
    explained_world.see("Apps::mark_violated", async |tx| tx.apps().mark_violated(APP, "no").await).await;
    // One with a job that nobody has begun, one with thousands that are over.
    for app in [AppId::new(10_001), BUSY] {
        explained_world.see("Apps::mark_deleted", async |tx| tx.apps().mark_deleted(app).await).await;
        explained_world.see("Apps::hard_delete", async |tx| tx.apps().hard_delete(app).await).await;
    }

    let key: EnvKey = "KEY_1".parse().unwrap();
    explained_world.see("EnvVars::list", async |tx| tx.env_vars().list(APP).await).await;
    explained_world.see("EnvVars::set", async |tx| tx.env_vars().set(APP, &key, &"value".into()).await).await;
    explained_world.see("EnvVars::delete", async |tx| tx.env_vars().delete(APP, &key).await).await;
}
