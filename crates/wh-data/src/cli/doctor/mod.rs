//! `wh-data doctor`

mod look;

use std::fmt::Display;
use std::process::ExitCode;

use serde::Serialize;
use wh_config::{Config, Redis, ServerSecrets, Smtp, Sources};
use wh_schema::inspect::Severity;

use super::database::{DatabaseArguments, Elsewhere};
use super::failure::Outcome;
use super::runtime;

/// Look at everything that a service needs, and say what is wrong and what to do about it; change nothing
///
/// Looks at the configuration, the database server, its clock and the settings and privileges of the role, the schema, the keys,
/// the pooler, Redis and the mail server. What is wrong in one section of the configuration hides nothing of the others.
#[derive(Debug, clap::Args)]
#[command(after_help = "Status: 0 where a service can work, else 1.")]
pub struct Arguments {
    #[command(flatten)]
    database: DatabaseArguments,

    /// Print the findings as JSON
    #[arg(long)]
    json: bool,
}

/// Something that an operator should change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// `fault` where a service does not start or fails, `warning` where something around it does.
    pub severity: &'static str,
    /// What was looked at: `configuration`, `database`, `clock`, `schema`, `keys`, `pooler`, `redis` or `mail`.
    pub subject: &'static str,
    /// What is wrong.
    pub problem: String,
    /// What to do about it.
    pub remedy: String,
}

impl Finding {
    fn fault(subject: &'static str, problem: &dyn Display, remedy: impl Into<String>) -> Self {
        Self { severity: "fault", subject, problem: problem.to_string(), remedy: remedy.into() }
    }

    fn warning(subject: &'static str, problem: &dyn Display, remedy: impl Into<String>) -> Self {
        Self { severity: "warning", ..Self::fault(subject, problem, remedy) }
    }
}

impl From<wh_schema::inspect::Finding> for Finding {
    fn from(found: wh_schema::inspect::Finding) -> Self {
        match found.severity() {
            Severity::Fault => Self::fault("database", &found.problem(), found.remedy()),
            Severity::Warning => Self::warning("database", &found.problem(), found.remedy()),
        }
    }
}

/// Carries the command out.
///
/// # Errors
/// What went wrong, ready to be shown. What is found is no error.
pub fn run(arguments: Arguments, elsewhere: Elsewhere) -> Outcome {
    let mut findings = Vec::new();
    let config = Config::from_sources(Sources::of_process());
    if let Err(error) = &config {
        findings.push(Finding::fault("configuration", error, "correct what it names"));
    }
    let secrets = ServerSecrets::from_sources(Sources::of_process()).ok();
    runtime()?.block_on(async {
        look::at_database(arguments.database, elsewhere, secrets.as_ref(), &mut findings).await;
        if let Ok(config) = &config {
            look::at_pooler(config, &mut findings).await;
        }
        if let Ok(redis) = Redis::from_sources(Sources::of_process()) {
            look::at_redis(&redis, &mut findings).await;
        }
        if let Ok(smtp) = Smtp::from_sources(Sources::of_process()) {
            look::at_mail(&smtp, &mut findings).await;
        }
    });
    tell(&findings, arguments.json)?;
    let faults = findings.iter().any(|finding| finding.severity == "fault");
    Ok(if faults { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn tell(findings: &[Finding], json: bool) -> Outcome<()> {
    if json {
        answer!("{}", serde_json::to_string_pretty(findings)?);
        return Ok(());
    }
    for Finding { severity, subject, problem, remedy } in findings {
        answer!("{severity:<8} {subject}: {problem}\n         To mend it: {remedy}");
    }
    if findings.is_empty() {
        answer!("nothing is wrong");
    }
    Ok(())
}
