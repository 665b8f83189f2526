//! Workers that are gone, and what that means for their apps.

use std::time::Duration;

use diesel::QueryableByName;
use diesel::sql_query;
use diesel::sql_types::{Array, BigInt, Double, Text};
use diesel_async::RunQueryDsl;
use futures_util::FutureExt;
use wh_schema::rows::Worker;
use wh_types::{AppId, UserId, WorkerId};

use super::Workers;
use crate::cache::{AppKeys, Changed, Changes};
use crate::engine::About;
use crate::engine::prepared;
use crate::error::{Error, Result};
use crate::page::Page;

/// Apps are locked in the order of their ids, as everybody does who changes several. They are looked up
/// worker by worker and key by key: a join is planned for any number of workers and apps, and reads all apps.
macro_rules! offline_statement {
    ($which:literal) => {
        concat!(
            "WITH silent AS MATERIALIZED (SELECT id FROM workers WHERE ",
            $which,
            "), ",
            "gone AS (UPDATE workers SET status = 'offline', updated_at = wh_now() \
                 FROM silent WHERE workers.id = silent.id RETURNING workers.*), \
             found AS MATERIALIZED (SELECT app.id FROM silent CROSS JOIN LATERAL \
                 (SELECT id FROM apps WHERE worker_id = silent.id AND status = 'running' OFFSET 0) AS app), \
             running AS MATERIALIZED (SELECT id FROM apps WHERE id = ANY (ARRAY(SELECT id FROM found)) \
                 AND status = 'running' ORDER BY id FOR NO KEY UPDATE), \
             stopped AS (UPDATE apps SET status = 'stopped', updated_at = wh_now() \
                 WHERE id = ANY (ARRAY(SELECT id FROM running)) RETURNING apps.id, apps.user_id, apps.name, apps.worker_id), \
             by_worker AS (SELECT worker_id, array_agg(id) AS ids, array_agg(user_id) AS users, array_agg(name) AS names \
                 FROM stopped GROUP BY worker_id) \
             SELECT coalesce(ids, '{}') AS app_ids, coalesce(users, '{}') AS app_users, coalesce(names, '{}') AS app_names, \
                 gone.* FROM gone LEFT JOIN by_worker ON by_worker.worker_id = gone.id ORDER BY gone.id"
        )
    };
}

const MARK_OFFLINE: &str = offline_statement!("id = $1 FOR NO KEY UPDATE");

const MARK_SILENT_OFFLINE: &str = offline_statement!(
    "status = 'online' AND coalesce(last_heartbeat_at, updated_at) < wh_now() - make_interval(secs => $1) \
     ORDER BY id LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED"
);

/// A worker that is offline now, and the apps that were stopped with it.
#[derive(QueryableByName)]
struct Gone {
    #[diesel(sql_type = Array<BigInt>)]
    app_ids: Vec<AppId>,
    #[diesel(sql_type = Array<BigInt>)]
    app_users: Vec<UserId>,
    #[diesel(sql_type = Array<Text>)]
    app_names: Vec<String>,
    #[diesel(embed)]
    worker: Worker,
}

impl Changes for Gone {
    fn changes(&self, into: &mut Vec<Changed>) {
        self.worker.changes(into);
        let apps = self.app_ids.iter().zip(&self.app_users).zip(&self.app_names);
        into.extend(
            apps.map(|((&id, &user_id), name)| Changed::App(AppKeys { id, user_id, name: name.clone() })),
        );
    }
}

impl Workers<'_> {
    /// Records that a worker has dropped its connection: it is offline, and its running apps are stopped. Its jobs stay
    /// assigned, until it is back or [`fail_stuck`](crate::Jobs::fail_stuck) ends them. Safe to send again. One round trip.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn mark_offline(self, id: WorkerId) -> Result<Worker> {
        let gone: Option<Gone> = self
            .executor
            .changing(About::WorkerAndApps(id))
            .find("workers.mark_offline", |mut conn| {
                prepared(sql_query(MARK_OFFLINE).bind::<BigInt, _>(id)).get_result(&mut conn).boxed()
            })
            .await?;
        gone.map(|gone| gone.worker).ok_or(Error::not_found("worker"))
    }

    /// Does the same for online workers that were not heard of for so long, and gives them. `limit` counts workers and has
    /// the bounds of [`Page::of`]: call it until it gives fewer. Any number of processes may do so at once. After a lost
    /// answer it gives those that were left. One round trip.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a negative limit.
    pub async fn mark_silent_offline(self, silence: Duration, limit: i64) -> Result<Vec<Worker>> {
        let limit = Page::<WorkerId>::of(limit)?.limit();
        let seconds = silence.as_secs_f64().min(1e9);
        let gone: Vec<Gone> = self
            .executor
            .changing(About::WorkersAndApps)
            .run("workers.mark_silent_offline", |mut conn| {
                prepared(sql_query(MARK_SILENT_OFFLINE).bind::<Double, _>(seconds).bind::<BigInt, _>(limit))
                    .load(&mut conn)
                    .boxed()
            })
            .await?;
        Ok(gone.into_iter().map(|gone| gone.worker).collect())
    }
}
