//! Who sends a request: the session of a cookie, and its user.

use std::time::SystemTime;

use futures_util::FutureExt;
use tokio_postgres::Row;
use wh_data::crypto::hash_token;
use wh_data::secrecy::SecretString;

use super::users::PlainUser;
use super::{OURS, RAW, Scenario};
use crate::contender::{Contender, Outcome, Turn};
use crate::peers::Prepared;
use crate::world::World;

pub(crate) const AUTHENTICATE: Scenario = Scenario {
    name: "session",
    title: "authenticate a request",
    callers: &[1, 8, 32],
    goals: &[(1, 1.0), (8, 1.0), (32, 1.0)],
    contenders: |world| authenticate(world).boxed(),
};

const SQL: &str = include_str!("../../../wh-repo/src/repositories/sessions/authenticate.sql");
const IP: &str = "192.0.2.1";
const BROWSER: &str = "Firefox";
const LIFETIME: f64 = 30.0 * 86_400.0;

/// A session, as somebody without this layer would read one.
#[expect(dead_code, reason = "read from the database, as a service would")]
struct PlainSession {
    id: i64,
    texts: [String; 4],
    two_factor: bool,
    began_at: SystemTime,
    last_seen_at: SystemTime,
    user: PlainUser,
}

impl PlainSession {
    fn from(row: &Row) -> Result<Self, tokio_postgres::Error> {
        let [hash, ip, geo, browser] = [1, 2, 3, 4].map(|at| row.try_get(at));
        Ok(Self {
            id: row.try_get(0)?,
            texts: [hash?, ip?, geo?, browser?],
            two_factor: row.try_get(5)?,
            began_at: row.try_get(6)?,
            last_seen_at: row.try_get(7)?,
            user: PlainUser::from(row, 8)?,
        })
    }
}

fn token(turn: Turn, users: usize) -> SecretString {
    format!("session-{}", turn.id(users)).into()
}

async fn authenticate(world: &World) -> Outcome<Vec<Contender>> {
    let users = world.users;
    let raw = Contender::new(
        RAW,
        Prepared::new(world, SQL).await?,
        move |prepared, turn| {
            async move {
                let hash = hash_token(&token(turn, users));
                let row = prepared.row(turn, &[&hash, &IP, &BROWSER, &LIFETIME]).await?;
                Ok(PlainSession::from(&row)?)
            }
            .boxed()
        },
        |session| format!("{} of {}", session.id, session.user.email),
    );
    let ours = Contender::new(
        OURS,
        world.db.clone(),
        move |db, turn| {
            async move {
                let found = db.sessions().authenticate(&token(turn, users), IP, BROWSER).await?;
                Ok(found.ok_or("no such session")?)
            }
            .boxed()
        },
        |found| format!("{} of {}", found.session.id, found.user.email),
    );
    Ok(vec![raw, ours])
}
