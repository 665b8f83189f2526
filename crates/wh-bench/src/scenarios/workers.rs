//! Who calls with this API key.

use std::time::SystemTime;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use futures_util::FutureExt;
use tokio_postgres::Row;
use wh_data::crypto::hash_api_key;
use wh_data::schema::rows::Worker;
use wh_data::schema::schema::workers;
use wh_data::secrecy::SecretString;

use super::{DIESEL, OURS, RAW, Scenario};
use crate::contender::{Contender, Outcome, Turn};
use crate::peers::Prepared;
use crate::world::World;

pub(crate) const BY_KEY: Scenario = Scenario {
    name: "worker",
    title: "a worker by its API key",
    callers: &[1, 8, 32],
    goals: &[(1, 1.0), (8, 1.0), (32, 1.0)],
    contenders: |world| by_key(world).boxed(),
};

const SELECT: &str = "SELECT id, name, ip_address, api_key_hash, zone, region_name, status, capacity_cpu, capacity_memory_mib, \
    used_cpu, used_memory_mib, running_containers, last_heartbeat_at, offline_since, created_at, updated_at \
    FROM workers WHERE api_key_hash = $1";

/// A worker, as somebody without this layer would read one.
#[expect(dead_code, reason = "read from the database, as a service would")]
struct PlainWorker {
    id: i64,
    texts: [String; 6],
    numbers: [i32; 5],
    heard: Option<SystemTime>,
    offline: Option<SystemTime>,
    created_at: SystemTime,
    updated_at: SystemTime,
}

impl PlainWorker {
    fn from(row: &Row) -> Result<Self, tokio_postgres::Error> {
        let [name, ip, hash, zone, region, status] = [1, 2, 3, 4, 5, 6].map(|at| row.try_get(at));
        let [cpu, memory, used_cpu, used_memory, containers] = [7, 8, 9, 10, 11].map(|at| row.try_get(at));
        Ok(Self {
            id: row.try_get(0)?,
            texts: [name?, ip?, hash?, zone?, region?, status?],
            numbers: [cpu?, memory?, used_cpu?, used_memory?, containers?],
            heard: row.try_get(12)?,
            offline: row.try_get(13)?,
            created_at: row.try_get(14)?,
            updated_at: row.try_get(15)?,
        })
    }
}

fn key(turn: Turn) -> SecretString {
    format!("whk_{}", turn.id(100)).into()
}

async fn by_key(world: &World) -> Outcome<Vec<Contender>> {
    let raw = Contender::new(
        RAW,
        Prepared::new(world, SELECT).await?,
        |prepared, turn| {
            async move {
                let hash = hash_api_key(&key(turn));
                Ok(PlainWorker::from(&prepared.row(turn, &[&hash]).await?)?)
            }
            .boxed()
        },
        |worker| format!("{} {}", worker.id, DateTime::<Utc>::from(worker.created_at)),
    );
    let diesel = Contender::new(
        DIESEL,
        world.diesel.clone(),
        |pool, turn| {
            async move {
                let mut connection = pool.get().await?;
                let by_key = Worker::query().filter(workers::api_key_hash.eq(hash_api_key(&key(turn))));
                Ok(by_key.first(&mut connection).await?)
            }
            .boxed()
        },
        shown,
    );
    let ours = Contender::new(
        OURS,
        world.db.clone(),
        |db, turn| {
            async move { Ok(db.workers().find_by_api_key(&key(turn)).await?.ok_or("no such worker")?) }
                .boxed()
        },
        shown,
    );
    Ok(vec![raw, diesel, ours])
}

fn shown(worker: &Worker) -> String {
    format!("{} {}", worker.id, worker.created_at)
}
