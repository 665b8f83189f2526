//! Each scenario, with a few operations: contenders agree, and nothing fails. No time is judged.

use crate::measure::Plan;
use crate::report;
use crate::scenarios::{OURS, SCENARIOS};

#[tokio::test(flavor = "multi_thread")]
async fn every_scenario_runs_and_its_contenders_agree() {
    let all: Vec<_> = SCENARIOS.iter().collect();
    let report = crate::run(&all, &Plan::quick()).await.unwrap();
    let table = report::table(&report.figures);
    for scenario in SCENARIOS {
        let ours =
            report.figures.iter().filter(|line| (line.scenario, line.contender) == (scenario.name, OURS));
        assert_eq!(ours.count(), scenario.callers.len(), "{}", scenario.name);
        assert!(table.contains(scenario.title), "{table}");
    }
    for line in &report.figures {
        assert!(line.per_second > 0.0 && line.p50_us > 0.0 && line.ratio.median > 0.0, "{line:?}");
    }
    assert!(report.json().unwrap().contains("\"per_second\""));
    assert!(report::plot(&report.figures).contains("</svg>"));
}
