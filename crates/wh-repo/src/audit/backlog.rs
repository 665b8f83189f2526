//! Events from before the chain.

use diesel::QueryableByName;
use diesel::sql_types::Integer;

use crate::engine::{Executor, NotCached, Repeat, sql};
use crate::error::Result;

#[derive(QueryableByName)]
struct Chained {
    #[diesel(sql_type = Integer)]
    chained: i32,
}

/// Most events of a batch, which holds the lock of a head: its user's next event waits for it.
pub(crate) const MOST: i64 = 500;

/// Chains a batch of events that came before the trigger, and gives their number. One round trip.
pub(crate) async fn chain(executor: Executor<'_>, limit: i64) -> Result<usize> {
    let chain = sql!("backlog.sql").bind(limit);
    let answer = executor.write("audit.chain_backlog", NotCached, Repeat::Safe, chain).await?.first();
    Ok(answer.map_or(0, |Chained { chained }| usize::try_from(chained).unwrap_or_default()))
}
