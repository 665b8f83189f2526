//! Runtime logs, of which there are a million lines.

use chrono::{DateTime, Utc};
use wh_repo::NewLogLine;
use wh_testkit::{Proxy, TestDatabase};
use wh_types::{AppId, LogStream};

use crate::apps::APP;
use crate::explained_world::{ExplainedWorld, explained, open};
use crate::plan::Allowance;

/// Beside twice the lines that it gives: those of each of the twenty apps, and one of each partition for each app, to see which
/// has the newest.
const OF_EACH_APP: Allowance = Allowance::rows(20 * (100 + 40));

/// The same apps and days as in the large database, with 50 lines each: 21 of the last hours, and about one of each day.
pub(crate) const A_THOUSAND_LINES: &str = "
    set local session_replication_role = replica;
    select runtime_logs_create_partitions('2028-01-31', 29);
    insert into runtime_logs (app_id, stream, line, logged_at)
    select n % 20 + 1, 'stdout', 'GET / 200', timestamptz '2028-02-29T12:00:00Z'
        - case when n <= 420 then n * interval '1 minute' else (n - 420) * interval '69 minutes' end
    from generate_series(1, 1000) n;";

pub(crate) async fn see(explained_world: &mut ExplainedWorld) {
    let logged_at: DateTime<Utc> = "2028-02-29T12:00:00Z".parse().unwrap();
    for many in [1, 100, 10_000] {
        let line = |n: i64| NewLogLine {
            app: AppId::new(n % 20 + APP.get()),
            worker: None,
            stream: LogStream::Stdout,
            line: "GET /".into(),
            logged_at,
        };
        let lines: Vec<NewLogLine> = (0..many).map(line).collect();
        explained_world.see("RuntimeLogs::save", async |tx| tx.runtime_logs().save(&lines).await).await;
    }
    let apps = twenty();
    explained_world
        .see_with("RuntimeLogs::newest", OF_EACH_APP, async |tx| tx.runtime_logs().newest(&apps, 100).await)
        .await;
}

/// Those that have half of all lines.
fn twenty() -> Vec<AppId> {
    (1..=20).map(AppId::new).collect()
}

/// What reading the newest lines of twenty apps takes.
#[derive(Debug)]
pub(crate) struct Cost {
    pub(crate) lines: usize,
    pub(crate) read: u64,
    pub(crate) blocks: u64,
}

/// Of a database that has been read from before, as the second time tells.
pub(crate) async fn cost_of_newest(postgres: &TestDatabase) -> Cost {
    let proxy = Proxy::start(postgres.url()).await;
    let db = open(proxy.url()).await;
    let apps = twenty();
    let mut statements = Vec::new();
    for _ in 0..2 {
        statements =
            explained(&proxy, &db, async |tx| tx.runtime_logs().newest(&apps, 20).await).await.unwrap();
    }
    Cost {
        lines: db.runtime_logs().newest(&apps, 20).await.unwrap().len(),
        read: statements.iter().map(|statement| statement.read).sum(),
        blocks: statements.iter().map(|statement| statement.blocks).sum(),
    }
}
