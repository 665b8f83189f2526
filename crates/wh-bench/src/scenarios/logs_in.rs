//! A thousand lines that an app printed, on their way in.

use std::pin::pin;
use std::time::{Duration, SystemTime};

use chrono::{DateTime, Utc};
use futures_util::FutureExt;
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::types::Type;
use wh_data::repo::NewLogLine;
use wh_data::types::{AppId, LogStream, Vocabulary, WorkerId};

use super::{OURS, Scenario};
use crate::contender::{Contender, Outcome};
use crate::peers::Prepared;
use crate::world::{APPS, World};

pub(crate) const SAVE: Scenario = Scenario {
    name: "logs-in",
    title: "store 1,000 log lines",
    callers: &[1, 8],
    goals: &[(1, 1.0), (8, 1.0)],
    contenders: |world| save(world).boxed(),
};

const UNNEST: &str = "INSERT INTO runtime_logs (app_id, worker_id, stream, line, logged_at) \
    SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::timestamptz[])";
const COPY: &str = "COPY runtime_logs (app_id, worker_id, stream, line, logged_at) FROM STDIN BINARY";

async fn save(world: &World) -> Outcome<Vec<Contender>> {
    let lines = lines(world.now);
    let unnest = Contender::new(
        "tokio-postgres, unnest",
        (Prepared::new(world, UNNEST).await?, lines.clone()),
        |(prepared, lines), turn| {
            async move {
                let apps: Vec<i64> = lines.iter().map(|line| line.app.get()).collect();
                let workers: Vec<Option<i64>> =
                    lines.iter().map(|line| line.worker.map(WorkerId::get)).collect();
                let streams: Vec<&str> = lines.iter().map(|line| line.stream.as_str()).collect();
                let texts: Vec<&str> = lines.iter().map(|line| line.line.as_str()).collect();
                let times: Vec<SystemTime> = lines.iter().map(|line| line.logged_at.into()).collect();
                prepared.execute(turn, &[&apps, &workers, &streams, &texts, &times]).await
            }
            .boxed()
        },
        u64::to_string,
    );
    let copy = Contender::new(
        "tokio-postgres, COPY",
        (Prepared::new(world, COPY).await?, lines.clone()),
        |(prepared, lines), turn| {
            async move {
                let (client, copy) = prepared.of(turn)?;
                let sink = client.copy_in(copy).await?;
                let types = [Type::INT8, Type::INT8, Type::TEXT, Type::TEXT, Type::TIMESTAMPTZ];
                let mut writer = pin!(BinaryCopyInWriter::new(sink, &types));
                for line in lines {
                    let (app, worker) = (line.app.get(), line.worker.map(WorkerId::get));
                    let (stream, time) = (line.stream.as_str(), SystemTime::from(line.logged_at));
                    writer.as_mut().write(&[&app, &worker, &stream, &line.line, &time]).await?;
                }
                Ok(writer.finish().await?)
            }
            .boxed()
        },
        u64::to_string,
    );
    let ours = Contender::new(
        OURS,
        (world.db.clone(), lines),
        |(db, lines), _| async move { Ok(db.runtime_logs().save(lines).await?) }.boxed(),
        usize::to_string,
    );
    Ok(vec![unnest, copy, ours])
}

/// Lines of several apps, printed a millisecond apart.
fn lines(now: DateTime<Utc>) -> Vec<NewLogLine> {
    let line = |number: usize| NewLogLine {
        app: AppId::new(i64::try_from(APPS + 1 + number % APPS).unwrap_or(1)),
        worker: Some(WorkerId::new(1)),
        stream: LogStream::Stdout,
        line: format!("{number} GET /products/{number}?color=blue 200 in 12 ms, 5120 bytes"),
        logged_at: now - Duration::from_millis(u64::try_from(1000 - number).unwrap_or_default()),
    };
    (0..1000).map(line).collect()
}
