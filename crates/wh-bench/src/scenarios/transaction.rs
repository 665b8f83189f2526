//! Two reads and a write, all or nothing.

use diesel::prelude::*;
use diesel_async::{AsyncConnection, RunQueryDsl};
use futures_util::FutureExt;
use wh_data::repo;
use wh_data::schema::rows::{App, User};
use wh_data::schema::schema::workers;
use wh_data::types::{AppId, HeartbeatRequest, UserId, WorkerId, WorkerResources, WorkerStatus};

use super::apps::PlainApp;
use super::users::{self, PlainUser};
use super::{DIESEL, OURS, RAW, Scenario};
use crate::contender::{Contender, Outcome, Turn};
use crate::peers::Prepared;
use crate::world::World;

pub(crate) const THREE: Scenario = Scenario {
    name: "transaction",
    title: "a transaction of 3 statements",
    callers: &[1, 8, 32],
    goals: &[(1, 0.95), (8, 0.95), (32, 0.95)],
    contenders: |world| three(world).boxed(),
};

const HEARTBEAT: &str = include_str!("../../../wh-repo/src/repositories/workers/heartbeat.sql");
const APP: &str = "SELECT id, uuid, user_id, worker_id, name, subdomain, status, git_provider, repo_url, branch, root_dir, \
    build_command, start_command, commit_sha, port, container_id, container_port, cpu_limit, memory_limit_mib, disk_limit_mib, \
    bandwidth_limit, pids_limit, auto_deploy, webhook_id, violation_reason, created_at, updated_at, deleted_at \
    FROM apps WHERE id = $1";

/// Each caller has a worker of its own, so that none waits for another's lock.
fn worker(turn: Turn) -> i64 {
    i64::try_from(turn.caller + 1).unwrap_or(1)
}

fn heartbeat() -> HeartbeatRequest {
    let resources = WorkerResources { used_cpu_milli: 100, used_memory_mib: 200, ..Default::default() };
    HeartbeatRequest { status: WorkerStatus::Online, resources }
}

async fn three(world: &World) -> Outcome<Vec<Contender>> {
    let users = world.users;
    let statements = (
        Prepared::new(world, users::SELECT).await?,
        Prepared::new(world, APP).await?,
        Prepared::new(world, HEARTBEAT).await?,
    );
    let raw = Contender::new(
        RAW,
        statements,
        move |(user, app, heartbeat), turn| {
            async move {
                let (client, _) = user.of(turn)?;
                client.batch_execute("BEGIN").await?;
                let id = turn.id(users);
                let user = PlainUser::from(&user.row(turn, &[&id]).await?, 0)?;
                let app = PlainApp::from(&app.row(turn, &[&id]).await?)?;
                heartbeat.execute(turn, &[&worker(turn), &"online", &100, &200, &0]).await?;
                client.batch_execute("COMMIT").await?;
                Ok((user.id, app.id))
            }
            .boxed()
        },
        |read| format!("{read:?}"),
    );
    let diesel = Contender::new(
        DIESEL,
        world.diesel.clone(),
        move |pool, turn| {
            async move {
                let mut connection = pool.get().await?;
                let id = turn.id(users);
                let read = connection.transaction(async |connection| {
                    let user: User = User::query().find(UserId::new(id)).first(connection).await?;
                    let app: App = App::query().find(AppId::new(id)).first(connection).await?;
                    let heard = (
                        workers::status.eq(WorkerStatus::Online),
                        workers::used_cpu.eq(100),
                        workers::used_memory_mib.eq(200),
                        workers::running_containers.eq(0),
                        workers::last_heartbeat_at.eq(diesel::dsl::now),
                        workers::updated_at.eq(diesel::dsl::now),
                    );
                    let of_caller = workers::table.find(WorkerId::new(worker(turn)));
                    diesel::update(of_caller).set(heard).execute(connection).await?;
                    Ok::<_, diesel::result::Error>((user.id.get(), app.id.get()))
                });
                Ok(read.await?)
            }
            .boxed()
        },
        |read| format!("{read:?}"),
    );
    let ours = Contender::new(
        OURS,
        (world.db.clone(), heartbeat()),
        move |(db, heartbeat), turn| {
            async move {
                let id = turn.id(users);
                let read = db.transaction(async |tx| {
                    let user = tx.users().find(UserId::new(id)).await?;
                    let app = tx.apps().find(AppId::new(id)).await?;
                    tx.workers().heartbeat(WorkerId::new(worker(turn)), heartbeat).await?;
                    Ok::<_, repo::Error>(user.zip(app))
                });
                let (user, app) = read.await?.ok_or("no such user or app")?;
                Ok((user.id.get(), app.id.get()))
            }
            .boxed()
        },
        |read| format!("{read:?}"),
    );
    Ok(vec![raw, diesel, ours])
}
