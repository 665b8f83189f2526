//! Workers that are gone, and what that means for their apps.

use std::time::Duration;

use diesel::sql_query;
use diesel::sql_types::{BigInt, Double};
use diesel_async::RunQueryDsl;
use futures_util::FutureExt;
use wh_schema::rows::Worker;
use wh_types::WorkerId;

use super::Workers;
use crate::error::{Error, Result};
use crate::prepared::prepared;

/// Apps are locked in the order of their ids, as everybody does who changes several.
macro_rules! offline_statement {
    ($which:literal) => {
        concat!(
            "WITH silent AS MATERIALIZED (SELECT id FROM workers WHERE ",
            $which,
            "), ",
            "gone AS (UPDATE workers SET status = 'offline', updated_at = wh_now() \
                 FROM silent WHERE workers.id = silent.id RETURNING workers.*), \
             running AS MATERIALIZED (SELECT id FROM apps WHERE worker_id IN (SELECT id FROM silent) \
                 AND status = 'running' ORDER BY id FOR NO KEY UPDATE), \
             stopped AS (UPDATE apps SET status = 'stopped', updated_at = wh_now() \
                 FROM running WHERE apps.id = running.id) \
             SELECT * FROM gone ORDER BY id"
        )
    };
}

const MARK_OFFLINE: &str = offline_statement!("id = $1 FOR NO KEY UPDATE");

const MARK_SILENT_OFFLINE: &str = offline_statement!(
    "status = 'online' AND coalesce(last_heartbeat_at, updated_at) < wh_now() - make_interval(secs => $1) \
     ORDER BY id FOR NO KEY UPDATE SKIP LOCKED"
);

impl Workers<'_> {
    /// Records that a worker has dropped its connection: it is offline, and its running apps are stopped. Its jobs stay
    /// assigned, until it is back or [`fail_stuck`](crate::Jobs::fail_stuck) ends them. Safe to send again. One round trip.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn mark_offline(self, id: WorkerId) -> Result<Worker> {
        self.session
            .find("workers.mark_offline", |mut conn| {
                prepared(sql_query(MARK_OFFLINE).bind::<BigInt, _>(id)).get_result(&mut conn).boxed()
            })
            .await?
            .ok_or(Error::not_found("worker"))
    }

    /// Does the same for every online worker that was not heard of for so long, and gives them. Any number of processes
    /// may do so at once. One round trip.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn mark_silent_offline(self, silence: Duration) -> Result<Vec<Worker>> {
        let seconds = silence.as_secs_f64().min(1e9);
        self.session
            .run("workers.mark_silent_offline", |mut conn| {
                prepared(sql_query(MARK_SILENT_OFFLINE).bind::<Double, _>(seconds)).load(&mut conn).boxed()
            })
            .await
    }
}
