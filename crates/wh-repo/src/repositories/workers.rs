//! Workers: the machines that run containers.

mod offline;

use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{Integer, Text};
use diesel_async::RunQueryDsl;
use futures_util::FutureExt;
use secrecy::{ExposeSecret, SecretString};
use wh_schema::rows::Worker;
use wh_schema::schema::workers;
use wh_types::{HeartbeatRequest, KeyHash, WorkerId, WorkerStatus};

use crate::cache::{Changed, Changes};
use crate::engine::About;
use crate::engine::Executor;
use crate::engine::prepared;
use crate::error::{Conflict, Error, Result};
use crate::text;
use crate::time::now;

/// Operations on workers; made by [`Database::workers`](crate::Database::workers) and
/// [`Tx::workers`](crate::Tx::workers).
#[derive(Clone, Copy)]
pub struct Workers<'a> {
    pub(crate) executor: Executor<'a>,
}

/// What a worker registers with. `Debug` does not show the key.
#[derive(Clone, Debug)]
pub struct WorkerRegistration {
    /// What it registers under, 1 to 255 characters; registering again updates the same worker.
    pub name: String,
    /// Where it calls from, IPv4 or IPv6.
    pub ip_address: String,
    /// Its API key, of which only the hash is stored.
    pub api_key: SecretString,
    /// DNS suffix that it serves.
    pub zone: String,
    /// Where it stands, as a person says it.
    pub region_name: String,
    /// CPU that it offers, in milli-CPU.
    pub capacity_cpu_milli: u32,
    /// Memory that it offers, in MiB.
    pub capacity_memory_mib: u32,
}

/// As for users: a key that another worker has must not break a constraint. Where the key is replaced, the one before it
/// comes along.
const UPSERT: &str = "\
WITH prior AS MATERIALIZED (SELECT id, api_key_hash FROM workers WHERE name = $1 FOR NO KEY UPDATE), \
made AS (INSERT INTO workers (name, ip_address, api_key_hash, zone, region_name, capacity_cpu, \
        capacity_memory_mib) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING RETURNING *), \
known AS (UPDATE workers SET ip_address = $2, api_key_hash = $3, zone = $4, region_name = $5, capacity_cpu = $6, \
        capacity_memory_mib = $7, updated_at = wh_now() FROM prior WHERE workers.id = prior.id \
    AND NOT EXISTS (SELECT FROM workers AS other WHERE other.api_key_hash = $3 AND other.name <> $1) \
    RETURNING workers.*) \
SELECT api_key_hash AS prior_key, made.* FROM made \
UNION ALL SELECT prior.api_key_hash, known.* FROM known, prior";

/// A worker as it registered, and the hash of the key that it had before.
#[derive(QueryableByName)]
struct Registered {
    #[diesel(sql_type = Text)]
    prior_key: KeyHash,
    #[diesel(embed)]
    worker: Worker,
}

impl Changes for Registered {
    fn changes(&self, into: &mut Vec<Changed>) {
        self.worker.changes(into);
        if self.prior_key != self.worker.api_key_hash {
            self.prior_key.changes(into);
        }
    }
}

impl Workers<'_> {
    /// Registers a worker under its name, or updates it (`UpsertWorker`). Stores the sha256 of the key; the key itself
    /// goes nowhere. Safe to send again. One round trip; a second one where it is refused or where two registrations
    /// of the same new name meet.
    ///
    /// # Errors
    /// [`Conflict::Taken`] where another worker has this API key; [`Error::Invalid`] where a field is out of bounds
    /// or the key is empty.
    #[doc(alias = "UpsertWorker")]
    pub async fn upsert(self, registration: &WorkerRegistration) -> Result<Worker> {
        let WorkerRegistration { name, ip_address, zone, region_name, .. } = registration;
        text::check("name", name, 1, 255)?;
        text::check("ip_address", ip_address, 0, 45)?;
        text::check("zone", zone, 0, 253)?;
        text::check("region_name", region_name, 0, 64)?;
        if registration.api_key.expose_secret().is_empty() {
            return Err(Error::invalid("api_key", "it is empty, which anybody could guess"));
        }
        let hash = wh_crypto::hash_api_key(&registration.api_key);
        for _ in 0..2 {
            let registered: Option<Registered> = self
                .executor
                .changing(About::Workers)
                .find("workers.upsert", |mut conn| {
                    prepared(
                        sql_query(UPSERT)
                            .bind::<Text, _>(name)
                            .bind::<Text, _>(ip_address)
                            .bind::<Text, _>(&hash)
                            .bind::<Text, _>(zone)
                            .bind::<Text, _>(region_name)
                            .bind::<Integer, _>(whole(registration.capacity_cpu_milli))
                            .bind::<Integer, _>(whole(registration.capacity_memory_mib)),
                    )
                    .get_result(&mut conn)
                    .boxed()
                })
                .await?;
            if let Some(Registered { worker, .. }) = registered {
                return Ok(worker);
            }
        }
        Err(Conflict::Taken { entity: "worker", field: "API key" }.into())
    }

    /// The worker with this id (`FindWorkerByID`). One round trip.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    #[doc(alias = "FindWorkerByID")]
    pub async fn find(self, id: WorkerId) -> Result<Option<Worker>> {
        self.executor.find("workers.find", |mut conn| Worker::query().find(id).first(&mut conn).boxed()).await
    }

    /// The worker that this API key belongs to, online or not: one that was away must be able to come back
    /// (`FindOnlineWorkerByAPIKey`). One round trip; none where the cache has it, with a last heartbeat of up to 30 seconds
    /// ago.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    #[doc(alias = "FindOnlineWorkerByAPIKey")]
    pub async fn find_by_api_key(self, api_key: &SecretString) -> Result<Option<Worker>> {
        let hash = wh_crypto::hash_api_key(api_key);
        let load = async || {
            self.executor
                .find("workers.find_by_api_key", |mut conn| {
                    Worker::query().filter(workers::api_key_hash.eq(&hash)).first(&mut conn).boxed()
                })
                .await
        };
        self.executor.cached().worker(&hash, load).await
    }

    /// All workers by name (`ListWorkers`). One round trip.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    #[doc(alias = "ListWorkers")]
    pub async fn list(self) -> Result<Vec<Worker>> {
        self.executor
            .run("workers.list", |mut conn| Worker::query().order(workers::name).load(&mut conn).boxed())
            .await
    }

    /// Records that a worker holds its connection (`MarkWorkerOnline`). One round trip.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    #[doc(alias = "MarkWorkerOnline")]
    pub async fn mark_online(self, id: WorkerId) -> Result<()> {
        self.executor
            .changing(About::Workers)
            .find("workers.mark_online", |mut conn| {
                prepared(
                    diesel::update(workers::table.find(id))
                        .set((
                            workers::status.eq(WorkerStatus::Online),
                            workers::last_heartbeat_at.eq(now().nullable()),
                            workers::updated_at.eq(now()),
                        ))
                        .returning(workers::api_key_hash),
                )
                .get_result::<KeyHash>(&mut conn)
                .boxed()
            })
            .await?
            .map(drop)
            .ok_or(Error::not_found("worker"))
    }

    /// Records a sign of life: status, what is in use, and the time (`UpdateWorkerHeartbeat`). It evicts nothing: who looks a
    /// worker up by its key sees the heartbeat within 30 seconds. One round trip.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    #[doc(alias = "UpdateWorkerHeartbeat")]
    pub async fn heartbeat(self, id: WorkerId, heartbeat: &HeartbeatRequest) -> Result<()> {
        let resources = heartbeat.resources;
        let changed = self
            .executor
            .run("workers.heartbeat", |mut conn| {
                prepared(diesel::update(workers::table.find(id)).set((
                    workers::status.eq(heartbeat.status),
                    workers::used_cpu.eq(whole(resources.used_cpu_milli)),
                    workers::used_memory_mib.eq(whole(resources.used_memory_mib)),
                    workers::running_containers.eq(whole(resources.running_containers)),
                    workers::last_heartbeat_at.eq(now().nullable()),
                    workers::updated_at.eq(now()),
                )))
                .execute(&mut conn)
            })
            .await?;
        if changed == 0 { Err(Error::not_found("worker")) } else { Ok(()) }
    }
}

/// A count as its column holds it; what no machine has is cut to the largest.
fn whole(count: u32) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}
