//! A deadlock that Postgres ends at our cost has done nothing, so that nobody has to hear of it.

use std::time::Duration;

use super::super::hostile_world::HostileWorld;
use crate::support::eventually;

#[tokio::test]
async fn an_operation_that_loses_a_deadlock_is_sent_again() {
    let hostile_world = HostileWorld::new().await;
    let apps = [hostile_world.waiting.app, hostile_world.at_work.job.app_id];
    let ids = apps.map(|app| app.to_string()).join(", ");
    let begin = format!(
        "UPDATE jobs SET status = 'processing', worker_id = {}, updated_at = now() - interval '1 hour' WHERE app_id IN ({ids})",
        hostile_world.hammer.id
    );
    hostile_world.world.raw(&begin).await;
    let (first, second) = (apps.iter().min().unwrap(), apps.iter().max().unwrap());
    let other = hostile_world.world.postgres.client().await;
    // More patient than the operation, which therefore is the one that looks for deadlocks, and ends this one.
    other.batch_execute("SET deadlock_timeout = '60s'; BEGIN").await.unwrap();
    other.batch_execute(&format!("SELECT FROM apps WHERE id = {second} FOR UPDATE")).await.unwrap();

    let crossing = async {
        eventually("the operation waits for the second app", async || {
            hostile_world
                .world
                .raw("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
                .await
                == "1"
        })
        .await;
        other.batch_execute(&format!("SELECT FROM apps WHERE id = {first} FOR UPDATE")).await.unwrap();
        other.batch_execute("COMMIT").await.unwrap();
    };
    let sweep = hostile_world.db.jobs().fail_stuck(Duration::from_mins(10), 0);
    let (swept, ()) = tokio::join!(sweep, crossing);

    assert_eq!(swept.unwrap().len(), 2);
    let failed = format!("SELECT count(*) FROM apps WHERE id IN ({ids}) AND status = 'failed'");
    assert_eq!(hostile_world.world.raw(&failed).await, "2");
}
