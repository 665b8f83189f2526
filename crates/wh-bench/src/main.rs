//! Measures the data layer beside its peers, in turns, on one Postgres and in one process. `cargo xtask bench --help` tells how.

mod contender;
mod cpu;
mod figures;
mod measure;
mod peers;
#[cfg(test)]
mod quick;
mod report;
mod scenarios;
mod values;
mod world;

use std::io::{Write, stderr, stdout};
use std::path::PathBuf;

use clap::Parser;

use contender::Outcome;
use figures::Figures;
use measure::Plan;
use report::Report;
use scenarios::{SCENARIOS, Scenario};
use world::World;

/// Measure the data layer beside its peers
#[derive(Debug, Parser)]
struct Arguments {
    /// A few operations of each: shows that all work, not how quick they are
    #[arg(long)]
    quick: bool,

    /// Only the scenarios with this in their name; may be given several times
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,

    /// Turns of each contender; an even number, since the order is swapped half-way
    #[arg(long, default_value_t = 10)]
    rounds: usize,

    /// Write every figure as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,

    /// Replace the table, the figures and the plot of docs/performance
    #[arg(long)]
    write: bool,
}

fn main() -> Outcome {
    let arguments = Arguments::parse();
    let plan = if arguments.quick { Plan::quick() } else { Plan::full(arguments.rounds) };
    let chosen: Vec<&Scenario> =
        SCENARIOS.iter().filter(|scenario| named(scenario, &arguments.only)).collect();
    if chosen.is_empty() {
        let names: Vec<_> = SCENARIOS.iter().map(|scenario| scenario.name).collect();
        return Err(format!("no scenario is called so: there are {}", names.join(", ")).into());
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let report = runtime.block_on(run(&chosen, &plan))?;
    writeln!(stdout(), "{}\n\n{}", report.machine, report::table(&report.figures))?;
    if let Some(file) = &arguments.json {
        std::fs::write(file, report.json()?)?;
    }
    if arguments.write {
        report.publish()?;
    }
    Ok(())
}

fn named(scenario: &Scenario, only: &[String]) -> bool {
    only.is_empty() || only.iter().any(|part| scenario.name.contains(part.as_str()))
}

async fn run(scenarios: &[&Scenario], plan: &Plan) -> Outcome<Report> {
    let world = World::new(plan.users).await?;
    let mut figures: Vec<Figures> = Vec::new();
    for scenario in scenarios {
        writeln!(stderr(), "{}: {}", scenario.name, scenario.title)?;
        let contenders = (scenario.contenders)(&world).await?;
        measure::compare(scenario.name, &contenders).await?;
        for &callers in scenario.callers {
            let samples = measure::in_turns(&contenders, callers, plan).await?;
            figures.extend(figures::of(scenario, callers, &contenders, samples));
        }
    }
    Ok(Report { machine: report::machine(&world).await?, figures })
}
