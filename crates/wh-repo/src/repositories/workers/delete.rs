//! Workers that are taken away for good.

use diesel::prelude::*;
use diesel::sql_types::BigInt;
use wh_types::WorkerId;

use super::{Key, Workers};
use crate::engine::{About, Class, Executor, Repeat, Rows, sql};
use crate::error::{Conflict, Error, Result};

/// What keeps a worker from being deleted.
#[derive(QueryableByName)]
struct Uses {
    #[diesel(sql_type = BigInt)]
    apps: i64,
    #[diesel(sql_type = BigInt)]
    jobs: i64,
}

impl Workers<'_> {
    /// Deletes a worker that has no living apps and no unfinished jobs. Finished jobs, deployments and deleted apps stay, and
    /// forget where they were. Four round trips; three inside a transaction.
    ///
    /// # Errors
    /// [`Conflict::WorkerInUse`] with what it has; [`Error::NotFound`]. Both leave the caller's transaction usable.
    pub async fn delete(self, id: WorkerId) -> Result<()> {
        self.executor
            .atomic("workers.delete", async |executor: Executor<'_>| delete(executor, id).await)
            .await
    }
}

async fn delete(executor: Executor<'_>, id: WorkerId) -> Result<()> {
    // The lock holds off assignments. The count that follows needs a snapshot that is younger.
    let lock = sql!("lock.sql").bind(id);
    let worker: Rows<Key> = executor.write("workers.delete", About::Workers, Repeat::Safe, lock).await?;
    worker.first().ok_or(Error::not_found("worker"))?;
    let uses: Rows<Uses> = executor.read("workers.delete", Class::Long, sql!("uses.sql").bind(id)).await?;
    if let Some(Uses { apps, jobs }) = uses.first()
        && apps + jobs > 0
    {
        return Err(Conflict::WorkerInUse { worker: id, apps, jobs }.into());
    }
    let delete = sql!("delete.sql").bind(id);
    let _deleted: Rows<Key> = executor.write("workers.delete", About::Workers, Repeat::Safe, delete).await?;
    Ok(())
}
