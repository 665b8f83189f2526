//! A page of a list: a user's apps.

use std::time::SystemTime;

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use futures_util::FutureExt;
use tokio_postgres::Row;
use wh_data::repo::Page;
use wh_data::schema::rows::App;
use wh_data::schema::schema::apps;
use wh_data::types::UserId;

use super::{DIESEL, OURS, RAW, Scenario};
use crate::contender::{Contender, Outcome};
use crate::peers::Prepared;
use crate::values::UuidBytes;
use crate::world::World;

pub(crate) const LIST: Scenario = Scenario {
    name: "apps",
    title: "the 20 apps of a user",
    callers: &[1, 8, 32],
    goals: &[(1, 0.95), (8, 0.95), (32, 0.95)],
    contenders: |world| list(world).boxed(),
};

const SELECT: &str = "SELECT id, uuid, user_id, worker_id, name, subdomain, status, git_provider, repo_url, branch, root_dir, \
    build_command, start_command, commit_sha, port, container_id, container_port, cpu_limit, memory_limit_mib, disk_limit_mib, \
    bandwidth_limit, pids_limit, auto_deploy, webhook_id, violation_reason, created_at, updated_at, deleted_at \
    FROM apps WHERE user_id = $1 AND deleted_at IS NULL ORDER BY id DESC LIMIT 50";

/// An app, as somebody without this layer would read one.
#[expect(dead_code, reason = "read from the database, as a service would")]
pub(super) struct PlainApp {
    pub(super) id: i64,
    uuid: UuidBytes,
    user_id: i64,
    worker_id: Option<i64>,
    texts: [String; 10],
    container: String,
    numbers: [i32; 7],
    auto_deploy: bool,
    webhook_id: Option<String>,
    violation_reason: String,
    created_at: SystemTime,
    updated_at: SystemTime,
    deleted_at: Option<SystemTime>,
}

impl PlainApp {
    pub(super) fn from(row: &Row) -> Result<Self, tokio_postgres::Error> {
        let text = |at: usize| row.try_get(at);
        let number = |at: usize| row.try_get(at);
        Ok(Self {
            id: row.try_get(0)?,
            uuid: row.try_get(1)?,
            user_id: row.try_get(2)?,
            worker_id: row.try_get(3)?,
            texts: [
                text(4)?,
                text(5)?,
                text(6)?,
                text(7)?,
                text(8)?,
                text(9)?,
                text(10)?,
                text(11)?,
                text(12)?,
                text(13)?,
            ],
            container: row.try_get(15)?,
            numbers: [
                number(14)?,
                number(16)?,
                number(17)?,
                number(18)?,
                number(19)?,
                number(20)?,
                number(21)?,
            ],
            auto_deploy: row.try_get(22)?,
            webhook_id: row.try_get(23)?,
            violation_reason: row.try_get(24)?,
            created_at: row.try_get(25)?,
            updated_at: row.try_get(26)?,
            deleted_at: row.try_get(27)?,
        })
    }
}

async fn list(world: &World) -> Outcome<Vec<Contender>> {
    let users = world.users;
    let raw = Contender::new(
        RAW,
        Prepared::new(world, SELECT).await?,
        move |prepared, turn| {
            async move {
                let rows = prepared.rows(turn, &[&turn.id(users)]).await?;
                Ok(rows.iter().map(PlainApp::from).collect::<Result<Vec<_>, _>>()?)
            }
            .boxed()
        },
        |apps| format!("{:?}", apps.iter().map(|app| app.id).collect::<Vec<_>>()),
    );
    let diesel = Contender::new(
        DIESEL,
        world.diesel.clone(),
        move |pool, turn| {
            async move {
                let mut connection = pool.get().await?;
                let living = App::query()
                    .filter(apps::user_id.eq(UserId::new(turn.id(users))))
                    .filter(apps::deleted_at.is_null())
                    .order(apps::id.desc())
                    .limit(50);
                Ok(living.load(&mut connection).await?)
            }
            .boxed()
        },
        |apps| shown(apps),
    );
    let ours = Contender::new(
        OURS,
        world.db.clone(),
        move |db, turn| {
            async move { Ok(db.apps().list(UserId::new(turn.id(users)), Page::of(50)?).await?) }.boxed()
        },
        |apps| shown(apps),
    );
    Ok(vec![raw, diesel, ours])
}

fn shown(apps: &[App]) -> String {
    format!("{:?}", apps.iter().map(|app| app.id.get()).collect::<Vec<_>>())
}
