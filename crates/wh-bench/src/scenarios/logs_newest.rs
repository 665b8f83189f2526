//! The newest lines over several apps.

use std::time::SystemTime;

use futures_util::FutureExt;
use tokio_postgres::Row;
use wh_data::types::AppId;

use super::{OURS, RAW, Scenario};
use crate::contender::{Contender, Outcome};
use crate::peers::Prepared;
use crate::world::{APPS, World};

pub(crate) const NEWEST: Scenario = Scenario {
    name: "logs-newest",
    title: "the newest 200 lines of 20 apps",
    callers: &[1, 8, 32],
    goals: &[(1, 0.95), (8, 0.95), (32, 0.95)],
    contenders: |world| newest(world).boxed(),
};

const LIMIT: i64 = 200;

const LATERAL: &str = "SELECT newest.id, newest.app_id, newest.worker_id, newest.stream, newest.line, newest.logged_at \
    FROM unnest($1::bigint[]) AS app (id) \
    CROSS JOIN LATERAL (SELECT id, app_id, worker_id, stream, line, logged_at FROM runtime_logs WHERE app_id = app.id \
    ORDER BY logged_at DESC, id DESC LIMIT $2) AS newest \
    ORDER BY newest.logged_at DESC, newest.id DESC LIMIT $2";

/// A line, as somebody without this layer would read one.
#[expect(dead_code, reason = "read from the database, as a service would")]
struct PlainLine {
    id: i64,
    app_id: i64,
    worker_id: Option<i64>,
    stream: String,
    line: String,
    logged_at: SystemTime,
}

impl PlainLine {
    fn from(row: &Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Self {
            id: row.try_get(0)?,
            app_id: row.try_get(1)?,
            worker_id: row.try_get(2)?,
            stream: row.try_get(3)?,
            line: row.try_get(4)?,
            logged_at: row.try_get(5)?,
        })
    }
}

async fn newest(world: &World) -> Outcome<Vec<Contender>> {
    let ids: Vec<i64> = (1..=i64::try_from(APPS)?).collect();
    let apps: Vec<AppId> = ids.iter().copied().map(AppId::new).collect();
    let raw = Contender::new(
        RAW,
        (Prepared::new(world, LATERAL).await?, ids),
        |(prepared, ids), turn| {
            async move {
                let rows = prepared.rows(turn, &[ids, &LIMIT]).await?;
                let mut lines = rows.iter().map(PlainLine::from).collect::<Result<Vec<_>, _>>()?;
                lines.reverse();
                Ok(lines)
            }
            .boxed()
        },
        |lines| format!("{:?}", lines.iter().map(|line| line.id).collect::<Vec<_>>()),
    );
    let ours = Contender::new(
        OURS,
        (world.db.clone(), apps),
        |(db, apps), _| async move { Ok(db.runtime_logs().newest(apps, LIMIT).await?) }.boxed(),
        |lines| format!("{:?}", lines.iter().map(|line| line.id.get()).collect::<Vec<_>>()),
    );
    Ok(vec![raw, ours])
}
