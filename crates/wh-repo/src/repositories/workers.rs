//! Workers: the machines that run containers.

mod delete;
mod offline;

use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};
use secrecy::{ExposeSecret, SecretString};
use wh_schema::rows::Worker;
use wh_schema::schema::workers;
use wh_types::{HeartbeatRequest, KeyHash, WorkerId};

pub use self::offline::WentOffline;
use crate::cache::{Changed, Changes};
use crate::engine::{About, Affected, Class, Executor, NotCached, Repeat, Rows, sql};
use crate::error::{Conflict, Error, Result};
use crate::text;

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
    /// Where it calls from, an IP address in any spelling; empty where it is unknown.
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

/// A worker as it registered, and the hash of the key that it had before.
#[derive(QueryableByName)]
struct Registered {
    #[diesel(sql_type = Nullable<Text>)]
    prior_key: Option<KeyHash>,
    #[diesel(embed)]
    worker: Worker,
}

impl Changes for Registered {
    fn changes(&self, into: &mut Vec<Changed>) {
        self.worker.changes(into);
        self.prior_key.changes(into);
    }
}

impl Workers<'_> {
    /// Registers a worker under its name, or updates it. Stores the sha256 of the key, never the key. Idempotent. One round
    /// trip; two inside a transaction, where a key that another transaction is just giving away must not break the
    /// caller's.
    ///
    /// # Errors
    /// [`Conflict::Taken`] where another worker has this API key; [`Error::Invalid`] where a field is out of bounds, the address
    /// is none, or the key is empty.
    #[doc(alias = "UpsertWorker")]
    pub async fn upsert(self, registration: &WorkerRegistration) -> Result<Worker> {
        let WorkerRegistration { name, ip_address, zone, region_name, .. } = registration;
        text::check("name", name, 1, 255)?;
        let ip_address = text::ip_address(ip_address)?;
        text::check("zone", zone, 0, 253)?;
        text::check("region_name", region_name, 0, 64)?;
        if registration.api_key.expose_secret().is_empty() {
            return Err(Error::invalid("api_key", "it is empty, which anybody could guess"));
        }
        let hash = wh_crypto::hash_api_key(&registration.api_key);
        if let Executor::Tx(_) = self.executor {
            // Locked by a statement of its own: the next one sees what others committed before they let go.
            let lock = Affected(sql!("workers/upsert_lock.sql").bind(name).bind(hash.as_str()));
            let _locked = self.executor.write("workers.upsert", NotCached, Repeat::Safe, lock).await?;
        }
        let upsert = sql!("workers/upsert.sql")
            .bind(name)
            .bind(&ip_address)
            .bind(hash.as_str())
            .bind(zone)
            .bind(region_name)
            .bind(whole(registration.capacity_cpu_milli))
            .bind(whole(registration.capacity_memory_mib));
        let registered: Rows<Registered> =
            self.executor.write("workers.upsert", About::Workers, Repeat::Safe, upsert).await?;
        let taken = Conflict::Taken { entity: "worker", field: Conflict::API_KEY };
        registered.first().map(|registered| registered.worker).ok_or(taken.into())
    }

    /// The worker with this id. One round trip.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    #[doc(alias = "FindWorkerByID")]
    pub async fn find(self, id: WorkerId) -> Result<Option<Worker>> {
        self.executor.read("workers.find", Class::Key, Worker::query().find(id)).await.map(Rows::first)
    }

    /// The worker that this API key belongs to, online or not: one that was away must be able to come back. One round trip;
    /// none if the cache has it, with a last heartbeat of up to 30 seconds ago.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    #[doc(alias = "FindOnlineWorkerByAPIKey")]
    pub async fn find_by_api_key(self, api_key: &SecretString) -> Result<Option<Worker>> {
        let hash = wh_crypto::hash_api_key(api_key);
        let load = async || {
            let worker = Worker::query().filter(workers::api_key_hash.eq(hash.as_str()));
            self.executor.read("workers.find_by_api_key", Class::Key, worker).await.map(Rows::first)
        };
        self.executor.cached().worker(&hash, load).await
    }

    /// All workers by name. One round trip.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    #[doc(alias = "ListWorkers")]
    pub async fn list(self) -> Result<Vec<Worker>> {
        let all = Worker::query().order(workers::name);
        self.executor.read("workers.list", Class::Page, all).await.map(Rows::all)
    }

    /// Records that a worker holds its connection. Its apps can be reached again; their rows are not written. Idempotent. One
    /// round trip.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    #[doc(alias = "MarkWorkerOnline")]
    pub async fn mark_online(self, id: WorkerId) -> Result<()> {
        let online = sql!("workers/mark_online.sql").bind(id);
        let key: Rows<Key> =
            self.executor.write("workers.mark_online", About::Workers, Repeat::Safe, online).await?;
        key.first().map(drop).ok_or(Error::not_found("worker"))
    }

    /// Records a sign of life: status, what is in use, and the time. It evicts nothing: a read by API key sees the heartbeat
    /// within 30 seconds. Idempotent. One round trip.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    #[doc(alias = "UpdateWorkerHeartbeat")]
    pub async fn heartbeat(self, id: WorkerId, heartbeat: &HeartbeatRequest) -> Result<()> {
        let resources = heartbeat.resources;
        let heard = sql!("workers/heartbeat.sql")
            .bind(id)
            .bind(heartbeat.status)
            .bind(whole(resources.used_cpu_milli))
            .bind(whole(resources.used_memory_mib))
            .bind(whole(resources.running_containers));
        let changed =
            self.executor.write("workers.heartbeat", NotCached, Repeat::Safe, Affected(heard)).await?;
        if changed.count() == 0 { Err(Error::not_found("worker")) } else { Ok(()) }
    }
}

/// What a worker is cached by.
#[derive(QueryableByName)]
struct Key {
    #[diesel(sql_type = Text)]
    api_key_hash: KeyHash,
}

impl Changes for Key {
    fn changes(&self, into: &mut Vec<Changed>) {
        self.api_key_hash.changes(into);
    }
}

/// A count as its column holds it; what no machine has is cut to the largest.
fn whole(count: u32) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}
