//! What samples say: medians, and how far the rounds lie apart.

use std::time::Duration;

use serde::Serialize;

use crate::contender::Contender;
use crate::measure::Sample;
use crate::scenarios::{OURS, Scenario};

/// One contender at one number of callers. Ratios compare with the scenario's first contender, round by round.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Figures {
    pub(crate) scenario: &'static str,
    pub(crate) title: &'static str,
    pub(crate) contender: &'static str,
    pub(crate) callers: usize,
    /// Operations a second, the median of the rounds.
    pub(crate) per_second: f64,
    /// Times the operations a second of the first contender.
    pub(crate) ratio: Spread,
    pub(crate) p50_us: f64,
    pub(crate) p99_us: f64,
    /// Processor time of this process for one operation.
    pub(crate) cpu_us: f64,
    /// Times the processor time of the first contender.
    pub(crate) cpu_ratio: f64,
    /// The ratio that is wanted of us.
    pub(crate) goal: Option<f64>,
}

/// The median of the rounds, the lowest and the highest.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) lowest: f64,
    pub(crate) highest: f64,
}

impl Spread {
    fn of(values: impl Iterator<Item = f64>) -> Self {
        let mut values: Vec<f64> = values.collect();
        values.sort_by(f64::total_cmp);
        let middle = values.len() / 2;
        let at = |index| values.get(index).copied().unwrap_or_default();
        let median = if values.len().is_multiple_of(2) {
            f64::midpoint(at(middle.saturating_sub(1)), at(middle))
        } else {
            at(middle)
        };
        Self { median, lowest: at(0), highest: values.last().copied().unwrap_or_default() }
    }
}

/// The figures of all contenders.
pub(crate) fn of(
    scenario: &Scenario,
    callers: usize,
    contenders: &[Contender],
    samples: Vec<Vec<Sample>>,
) -> Vec<Figures> {
    let rates: Vec<Vec<f64>> = samples.iter().map(|rounds| rounds.iter().map(rate).collect()).collect();
    let costs: Vec<Vec<f64>> = samples.iter().map(|rounds| rounds.iter().map(cost).collect()).collect();
    let against_first = |of: &[Vec<f64>], mine: &[f64]| {
        let first = of.first().into_iter().flatten();
        Spread::of(mine.iter().zip(first).map(|(mine, first)| mine / first))
    };
    let goal = scenario.goals.iter().find(|(at, _)| *at == callers).map(|(_, goal)| *goal);
    let figures = contenders.iter().zip(samples).zip(rates.iter().zip(&costs));
    let figures = figures.map(|((contender, rounds), (rate, cost))| {
        let mut times: Vec<Duration> = rounds.into_iter().flat_map(|sample| sample.times).collect();
        times.sort_unstable();
        let quantile = |percent: usize| {
            let time = times.get(times.len() * percent / 100).or(times.last()).copied();
            time.unwrap_or_default().as_secs_f64() * 1e6
        };
        Figures {
            scenario: scenario.name,
            title: scenario.title,
            contender: contender.name,
            callers,
            per_second: Spread::of(rate.iter().copied()).median,
            ratio: against_first(&rates, rate),
            p50_us: quantile(50),
            p99_us: quantile(99),
            cpu_us: Spread::of(cost.iter().copied()).median * 1e6,
            cpu_ratio: against_first(&costs, cost).median,
            goal: goal.filter(|_| contender.name == OURS),
        }
    });
    figures.collect()
}

/// Operations a second.
fn rate(sample: &Sample) -> f64 {
    count(sample) / sample.wall.as_secs_f64()
}

/// Seconds of processor time for one operation.
fn cost(sample: &Sample) -> f64 {
    sample.cpu.as_secs_f64() / count(sample)
}

fn count(sample: &Sample) -> f64 {
    f64::from(u32::try_from(sample.times.len()).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_an_even_number_lies_between_the_two_in_the_middle() {
        let spread = Spread::of([4.0, 1.0, 2.0, 3.0].into_iter());
        assert_eq!(format!("{spread:?}"), "Spread { median: 2.5, lowest: 1.0, highest: 4.0 }");
        assert_eq!(format!("{:?}", Spread::of([7.0, 9.0, 1.0].into_iter()).median), "7.0");
    }
}
