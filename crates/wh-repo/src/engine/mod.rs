//! Connections and statements: the pool, the executor, transactions, the listening connection, and what driver errors mean.

pub(crate) mod batch;
mod bound;
mod condition;
mod eviction;
mod executor;
mod failure;
mod fate;
mod inner;
mod line;
pub(crate) mod listener;
mod pause;
pub(crate) mod pool;
mod rows;
mod scope;
mod sql;
mod statement;
pub(crate) mod transaction;

pub(crate) use self::eviction::join as join_caches;
pub(crate) use self::executor::{Class, Executor, Repeat};
pub(crate) use self::failure::classify;
pub(crate) use self::inner::Inner;
pub(crate) use self::rows::Rows;
pub(crate) use self::scope::{About, NotCached};
pub(crate) use self::sql::{Sql, sql};
pub(crate) use self::statement::{Affected, Statement, Twice};
pub use self::transaction::Tx;
