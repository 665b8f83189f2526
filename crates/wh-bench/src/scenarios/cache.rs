//! A user who was read before: from the tier in the process, and from Redis.

use std::sync::Arc;
use std::time::Duration;

use fred::prelude::{Builder, Client, ClientLike, Config, KeysInterface};
use futures_util::FutureExt;
use wh_data::cache::{Cache, CacheSettings, Namespace, RedisSettings};
use wh_data::types::UserId;
use wh_testkit::RedisServer;

use super::users::{self, PlainUser};
use super::{OURS, Scenario};
use crate::contender::{Contender, Outcome};
use crate::peers::Prepared;
use crate::world::{World, database};

pub(crate) const FIRST_TIER: Scenario = Scenario {
    name: "tier-1",
    title: "a user from the cache of the process, against a read from Postgres",
    callers: &[1],
    goals: &[(1, 100.0)],
    contenders: |world| first_tier(world).boxed(),
};

pub(crate) const SECOND_TIER: Scenario = Scenario {
    name: "tier-2",
    title: "a user from Redis",
    callers: &[1, 8],
    goals: &[(1, 0.85), (8, 0.85)],
    contenders: |world| second_tier(world).boxed(),
};

/// How many users are cached.
const CACHED: usize = 100;

const USERS: Namespace<i64, PlainUser> = Namespace::new("plain-user", Duration::from_mins(5));

async fn first_tier(world: &World) -> Outcome<Vec<Contender>> {
    let cached = database(&world.postgres).await?.with_cache(Cache::in_process(CacheSettings::default()));
    let ours = Contender::new(
        OURS,
        cached,
        |db, turn| {
            async move { Ok(db.users().find(UserId::new(turn.id(CACHED))).await?.ok_or("no such user")?) }
                .boxed()
        },
        users::shown,
    );
    Ok(vec![users::raw(world, CACHED).await?, ours])
}

async fn second_tier(world: &World) -> Outcome<Vec<Contender>> {
    let redis = Arc::new(RedisServer::start());
    let client = connect(&redis).await?;
    let read = Arc::new(Prepared::new(world, users::SELECT).await?);
    fill(&client, &read).await?;
    let fred = Contender::new(
        "fred",
        (client, Arc::clone(&redis)),
        |(client, _), turn| {
            async move {
                let json: String = client.get(turn.id(CACHED)).await?;
                Ok(serde_json::from_str::<PlainUser>(&json)?)
            }
            .boxed()
        },
        PlainUser::shown,
    );
    // Nothing is kept in the process, so that each read goes to Redis.
    let settings = CacheSettings { capacity_bytes: 0, ..CacheSettings::default() };
    let cache =
        Cache::start(settings, RedisSettings::new(redis.url(), world.db.installation().await?)).await?;
    let ours = Contender::new(
        OURS,
        (cache, read, redis),
        |(cache, read, _), turn| {
            async move {
                let id = turn.id(CACHED);
                let load = || async move { Ok(Some(PlainUser::from(&read.row(turn, &[&id]).await?, 0)?)) };
                let found: Outcome<Option<PlainUser>> = cache.get_or_load(&USERS, &id, load).await;
                Ok(found?.ok_or("no such user")?)
            }
            .boxed()
        },
        PlainUser::shown,
    );
    Ok(vec![fred, users::raw(world, CACHED).await?, ours])
}

async fn connect(redis: &RedisServer) -> Outcome<Client> {
    let client = Builder::from_config(Config::from_url(&redis.url())?).build()?;
    client.init().await?;
    Ok(client)
}

/// Puts every user into Redis.
async fn fill(client: &Client, read: &Prepared) -> Outcome {
    for number in 0..CACHED {
        let turn = crate::contender::Turn { caller: 0, number };
        let user = PlainUser::from(&read.row(turn, &[&turn.id(CACHED)]).await?, 0)?;
        let json = serde_json::to_string(&user)?;
        client.set::<(), _, _>(user.id, json, None, None, false).await?;
    }
    Ok(())
}
