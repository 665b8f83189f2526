//! Connections and statements: the pool, the executor, transactions, the listening connection, and what driver errors mean.

pub(crate) mod batch;
mod executor;
mod failure;
pub(crate) mod listener;
pub(crate) mod pool;
mod prepared;
pub(crate) mod transaction;

pub(crate) use self::executor::{ATTEMPTS, Answer, Executor, Fate};
pub(crate) use self::failure::{classify, deadlocked, lost_connection};
pub(crate) use self::prepared::prepared;
pub use self::transaction::Tx;
