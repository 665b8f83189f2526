//! The queue: a job is assigned, claimed and completed.

use futures_util::FutureExt;
use wh_data::repo::JobOutcome;
use wh_data::types::{JobResult, WorkerId};

use super::{OURS, RAW, Scenario};
use crate::contender::{Contender, Outcome, Turn};
use crate::peers::Prepared;
use crate::values::Jsonb;
use crate::world::World;

pub(crate) const CYCLE: Scenario = Scenario {
    name: "jobs",
    title: "a job: assign, claim, complete",
    callers: &[1, 8, 32],
    goals: &[(8, 0.95), (32, 0.95)],
    contenders: |world| cycle(world).boxed(),
};

const ASSIGN: &str = include_str!("../../../wh-repo/src/repositories/jobs/assign_next.sql");
const CLAIM: &str = include_str!("../../../wh-repo/src/repositories/jobs/claim_next.sql");
const COMPLETE: &str = include_str!("../../../wh-repo/src/repositories/jobs/complete.sql");

/// Each caller is a worker.
fn worker(turn: Turn) -> i64 {
    i64::try_from(turn.caller + 1).unwrap_or(1)
}

async fn cycle(world: &World) -> Outcome<Vec<Contender>> {
    let statements = (
        Prepared::new(world, ASSIGN).await?,
        Prepared::new(world, CLAIM).await?,
        Prepared::new(world, COMPLETE).await?,
    );
    let raw = Contender::new(
        RAW,
        statements,
        |(assign, claim, complete), turn| {
            async move {
                let worker = worker(turn);
                assign.row(turn, &[&worker]).await?;
                let claimed = claim.row(turn, &[&worker]).await?;
                let id: i64 = claimed.try_get("id")?;
                let result = serde_json::to_value(JobResult::default())?;
                let none = (None::<i64>, None::<&str>);
                let completed = complete
                    .row(
                        turn,
                        &[
                            &id,
                            &worker,
                            &"completed",
                            &Jsonb(result),
                            &"",
                            &0,
                            &"",
                            &"",
                            &"",
                            &"",
                            &"",
                            &none.0,
                            &none.1,
                        ],
                    )
                    .await?;
                Ok(completed.try_get::<_, String>("status")?)
            }
            .boxed()
        },
        String::clone,
    );
    let ours = Contender::new(
        OURS,
        world.db.clone(),
        |db, turn| {
            async move {
                let worker = WorkerId::new(worker(turn));
                let assigned = db.jobs().assign_next(worker).await?;
                assigned.ok_or("no job waits any more: measure in fewer rounds")?;
                let claimed = db.jobs().claim_next(worker).await?.ok_or("nothing was assigned")?;
                let result = JobResult::default();
                let done = db.jobs().complete(claimed.job.id, worker, JobOutcome::Completed, &result).await?;
                Ok(done.job.status.to_string())
            }
            .boxed()
        },
        String::clone,
    );
    Ok(vec![raw, ours])
}
