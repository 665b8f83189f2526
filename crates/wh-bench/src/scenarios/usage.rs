//! A measurement that is merged into its bucket.

use std::time::SystemTime;

use chrono::{DateTime, Utc};
use futures_util::FutureExt;
use wh_data::repo::NewUsageSample;
use wh_data::types::AppId;

use super::{OURS, RAW, Scenario};
use crate::contender::{Contender, Outcome, Turn};
use crate::peers::Prepared;
use crate::world::World;

pub(crate) const UPSERT: Scenario = Scenario {
    name: "usage",
    title: "upsert a usage sample",
    callers: &[1, 8, 32],
    goals: &[(1, 0.95), (8, 0.95), (32, 0.95)],
    contenders: |world| upsert(world).boxed(),
};

const SQL: &str = include_str!("../../../wh-repo/src/repositories/usage_samples/upsert.sql");

fn sample(turn: Turn, apps: usize, bucket_start: DateTime<Utc>) -> NewUsageSample {
    NewUsageSample {
        app: AppId::new(turn.id(apps)),
        bucket_start,
        cpu_avg: 120.0,
        cpu_max: 250,
        memory_avg_mib: 200.0,
        memory_max_mib: 300,
        network_rx_bytes: 1_000,
        network_tx_bytes: 2_000,
        disk_mib: 50,
        samples: 1,
    }
}

async fn upsert(world: &World) -> Outcome<Vec<Contender>> {
    let apps = world.users * crate::world::APPS;
    let bucket = "2026-01-01T00:00:00Z".parse::<DateTime<Utc>>()?;
    let start = SystemTime::from(bucket);
    let raw = Contender::new(
        RAW,
        Prepared::new(world, SQL).await?,
        move |prepared, turn| {
            async move {
                let app = turn.id(apps);
                let row = prepared
                    .row(turn, &[&app, &start, &120.0, &250, &200.0, &300, &1_000_i64, &2_000_i64, &50, &1])
                    .await?;
                let averages: [f64; 2] = [row.try_get("cpu_avg")?, row.try_get("memory_avg_mib")?];
                let numbers = ["cpu_max", "memory_max_mib", "disk_mib", "samples"]
                    .map(|name| row.try_get::<_, i32>(name));
                let bytes: [i64; 2] = [row.try_get("network_rx_bytes")?, row.try_get("network_tx_bytes")?];
                let start: SystemTime = row.try_get("bucket_start")?;
                let [cpu, memory, disk, samples] = numbers;
                Ok((
                    row.try_get::<_, i64>("app_id")?,
                    start,
                    averages,
                    bytes,
                    [cpu?, memory?, disk?, samples?],
                ))
            }
            .boxed()
        },
        |(app, start, _, _, [cpu, ..])| format!("{app} {} {cpu}", DateTime::<Utc>::from(*start)),
    );
    let ours = Contender::new(
        OURS,
        world.db.clone(),
        move |db, turn| {
            async move { Ok(db.usage_samples().upsert(&sample(turn, apps, bucket)).await?) }.boxed()
        },
        |kept| format!("{} {} {}", kept.app_id, kept.bucket_start, kept.cpu_max),
    );
    Ok(vec![raw, ours])
}
