//! tokio-postgres as its documentation teaches it: a connection for each caller, and statements that are prepared once.

use std::sync::Arc;

use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Row, Statement};

use crate::contender::{Outcome, Turn};
use crate::world::World;

pub(crate) type Values<'a> = [&'a (dyn ToSql + Sync)];

/// A statement that is prepared on the connection of each caller.
pub(crate) struct Prepared {
    callers: Vec<(Arc<Client>, Statement)>,
}

impl Prepared {
    pub(crate) async fn new(world: &World, sql: &str) -> Outcome<Self> {
        let mut callers = Vec::new();
        for client in &world.raw {
            callers.push((Arc::clone(client), client.prepare(sql).await?));
        }
        Ok(Self { callers })
    }

    pub(crate) async fn row(&self, turn: Turn, values: &Values<'_>) -> Outcome<Row> {
        let (client, statement) = self.of(turn)?;
        Ok(client.query_one(statement, values).await?)
    }

    pub(crate) async fn rows(&self, turn: Turn, values: &Values<'_>) -> Outcome<Vec<Row>> {
        let (client, statement) = self.of(turn)?;
        Ok(client.query(statement, values).await?)
    }

    pub(crate) async fn execute(&self, turn: Turn, values: &Values<'_>) -> Outcome<u64> {
        let (client, statement) = self.of(turn)?;
        Ok(client.execute(statement, values).await?)
    }

    /// The connection of the caller, and the statement on it.
    pub(crate) fn of(&self, turn: Turn) -> Outcome<&(Arc<Client>, Statement)> {
        self.callers.get(turn.caller).ok_or_else(|| "this caller has no connection".into())
    }
}
