//! Contenders in turns, so that whatever else the machine does hits all of them.

use std::time::{Duration, Instant};

use crate::contender::{Contender, Outcome, Turn, Until};
use crate::cpu;

/// How much is measured.
pub(crate) struct Plan {
    rounds: usize,
    slice: Until,
    warm_up: Until,
    /// How many users the database has.
    pub(crate) users: usize,
}

impl Plan {
    pub(crate) const fn full(rounds: usize) -> Self {
        let slice = Until::Elapsed(Duration::from_millis(400));
        Self { rounds, slice, warm_up: Until::Elapsed(Duration::from_millis(200)), users: 3_000 }
    }

    pub(crate) const fn quick() -> Self {
        Self { rounds: 2, slice: Until::Operations(2), warm_up: Until::Operations(1), users: 100 }
    }
}

/// One turn of one contender.
#[derive(Debug)]
pub(crate) struct Sample {
    pub(crate) wall: Duration,
    pub(crate) cpu: Duration,
    /// The time of each operation.
    pub(crate) times: Vec<Duration>,
}

/// Refuses contenders that do not give the same.
pub(crate) async fn compare(scenario: &str, contenders: &[Contender]) -> Outcome {
    for number in 0..3 {
        let mut first: Option<(&str, String)> = None;
        for contender in contenders {
            let answer = contender.answer(Turn { caller: 0, number }).await?;
            match &first {
                None => first = Some((contender.name, answer)),
                Some((name, expected)) if *expected != answer => {
                    let problem =
                        format!("{scenario}: {} gives {answer}, and {name} gives {expected}", contender.name);
                    return Err(problem.into());
                }
                Some(_) => {}
            }
        }
    }
    Ok(())
}

/// The samples of each contender, in the order of the rounds. The order of the contenders is swapped half-way.
pub(crate) async fn in_turns(
    contenders: &[Contender],
    callers: usize,
    plan: &Plan,
) -> Outcome<Vec<Vec<Sample>>> {
    let mut next = 3;
    for contender in contenders {
        next += slice(contender, callers, next, plan.warm_up).await?.times.len();
    }
    let mut samples: Vec<Vec<Sample>> = contenders.iter().map(|_| Vec::new()).collect();
    for round in 0..plan.rounds {
        let mut order: Vec<_> = contenders.iter().zip(&mut samples).collect();
        if round >= plan.rounds / 2 {
            order.reverse();
        }
        let mut most = 0;
        for (contender, samples) in order {
            let sample = slice(contender, callers, next, plan.slice).await?;
            most = most.max(sample.times.len());
            samples.push(sample);
        }
        next += most;
    }
    Ok(samples)
}

async fn slice(contender: &Contender, callers: usize, next: usize, until: Until) -> Outcome<Sample> {
    let (begin, cpu) = (Instant::now(), cpu::used());
    let start =
        |caller| tokio::spawn(contender.drive(Turn { caller, number: next + caller }, callers, until));
    let tasks: Vec<_> = (0..callers).map(start).collect();
    let mut times = Vec::new();
    for task in tasks {
        times.extend(task.await??);
    }
    Ok(Sample { wall: begin.elapsed(), cpu: cpu::used().saturating_sub(cpu), times })
}
