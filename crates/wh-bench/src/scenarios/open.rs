//! From nothing to the first answer.

use futures_util::FutureExt;
use tokio_postgres::NoTls;
use wh_data::DataLayer;
use wh_data::plans::Plans;
use wh_data::types::UserId;

use super::users::{self, PlainUser};
use super::{OURS, RAW, Scenario};
use crate::contender::{Contender, Outcome};
use crate::world::{World, keys, settings};

pub(crate) const OPEN: Scenario = Scenario {
    name: "open",
    title: "open to the first answer",
    callers: &[1],
    goals: &[],
    contenders: |world| async { open(world) }.boxed(),
};

fn open(world: &World) -> Outcome<Vec<Contender>> {
    let users = world.users;
    let raw = Contender::new(
        RAW,
        world.postgres.url().to_owned(),
        move |url, turn| {
            async move {
                let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
                let connection = tokio::spawn(connection);
                let user = client.query_one(users::SELECT, &[&turn.id(users)]).await?;
                let user = PlainUser::from(&user, 0)?;
                drop(client);
                connection.await??;
                Ok(user)
            }
            .boxed()
        },
        PlainUser::shown,
    );
    // Also looks whether the database is up to date and the keys fit.
    let ours = Contender::new(
        OURS,
        (settings(&world.postgres), keys()?),
        move |(settings, keys), turn| {
            async move {
                let data = DataLayer::open(settings.clone(), keys.clone(), Plans::new()).await?;
                Ok(data.db().users().find(UserId::new(turn.id(users))).await?.ok_or("no such user")?)
            }
            .boxed()
        },
        users::shown,
    );
    Ok(vec![raw, ours])
}
