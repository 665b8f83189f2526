//! A deadlock that Postgres ends at our cost has done nothing, so that nobody has to hear of it.

use super::super::bench::Bench;
use crate::support::eventually;

#[tokio::test]
async fn an_operation_that_loses_a_deadlock_is_sent_again() {
    let bench = Bench::new().await;
    let apps = [bench.waiting.app, bench.idle.app];
    let ids = apps.map(|app| app.to_string()).join(", ");
    let run =
        format!("UPDATE apps SET status = 'running', worker_id = {} WHERE id IN ({ids})", bench.hammer.id);
    bench.world.raw(&run).await;
    let other = bench.world.postgres.client().await;
    // More patient than the operation, which therefore is the one that looks for deadlocks, and ends this one.
    other.batch_execute("SET deadlock_timeout = '60s'; BEGIN").await.unwrap();
    other.batch_execute(&format!("SELECT FROM apps WHERE id = {} FOR UPDATE", apps[1])).await.unwrap();

    let crossing = async {
        eventually("the operation waits for the second app", async || {
            bench
                .world
                .raw("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
                .await
                == "1"
        })
        .await;
        other.batch_execute(&format!("SELECT FROM apps WHERE id = {} FOR UPDATE", apps[0])).await.unwrap();
        other.batch_execute("COMMIT").await.unwrap();
    };
    let (gone, ()) = tokio::join!(bench.db.workers().mark_offline(bench.hammer.id), crossing);

    assert_eq!(gone.unwrap().id, bench.hammer.id);
    let stopped = format!("SELECT count(*) FROM apps WHERE id IN ({ids}) AND status = 'stopped'");
    assert_eq!(bench.world.raw(&stopped).await, "2");
}
