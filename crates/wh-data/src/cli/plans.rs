//! `wh-data plans`

use std::process::ExitCode;

use serde_json::json;
use wh_config::{Sources, plan_overrides};
use wh_plans::Plans;

use super::failure::Outcome;

/// Show the plans and their limits, as the configuration changes them
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Print JSON: limits in thousandths of a CPU, MiB and kbit/s, 0 for none
    #[arg(long)]
    json: bool,
}

/// Carries the command out.
///
/// # Errors
/// What went wrong, ready to be shown.
pub fn run(arguments: &Arguments) -> Outcome {
    let plans = Plans::with_overrides(&plan_overrides(Sources::of_process())?)?.all();
    if arguments.json {
        let plans: Vec<_> = plans
            .iter()
            .map(|plan| {
                json!({
                    "id": plan.id.to_string(),
                    "max_apps": plan.max_apps,
                    "cpu_milli": plan.cpu_milli,
                    "memory_mib": plan.memory_mib,
                    "disk_mib": plan.disk_mib,
                    "bandwidth_kbit": plan.bandwidth_kbit,
                })
            })
            .collect();
        answer!("{:#}", json!(plans));
        return Ok(ExitCode::SUCCESS);
    }
    answer!("{:<16} {:>5} {:>9} {:>9} {:>9} {:>10}", "plan", "apps", "CPU", "memory", "disk", "bandwidth");
    for plan in plans {
        let apps = if plan.max_apps == 0 { "no limit".to_owned() } else { plan.max_apps.to_string() };
        let limits = plan.limits();
        answer!(
            "{:<16} {apps:>5} {:>9} {:>9} {:>9} {:>10}",
            plan.id.to_string(),
            limits.cpu().to_string(),
            limits.memory().to_string(),
            limits.disk().to_string(),
            limits.bandwidth().to_string()
        );
    }
    Ok(ExitCode::SUCCESS)
}
