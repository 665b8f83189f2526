//! One app, from the user who wants it to the container that runs: the program of docs/getting-started.md.

use std::{collections::BTreeMap, env, error::Error, process::ExitCode};

use wh_data::DataLayer;
use wh_data::crypto::KeyRing;
use wh_data::plans::Plans;
use wh_data::repo::{DatabaseSettings, DeploymentSpec, GoogleProfile, JobOutcome, Source};
use wh_data::types::{AppName, DeployPayload, EnvKey, GitProvider, JobResult, Subdomain, new_app_uuid};

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    // A service takes all of this from its configuration: `DataLayer::start(&Config::load()?)`.
    let settings = DatabaseSettings::new(env::var("DATABASE_URL")?.into());
    let keys = KeyRing::new(&env::var("WH_API_SERVER__SECRET")?.into(), &[])?;
    let data = DataLayer::open(settings, keys, Plans::new()).await?;
    let db = data.db();

    // The control plane: somebody signs in and wants an app.
    let profile = GoogleProfile {
        google_id: "110169484474386276334".to_owned(),
        email: "ada@example.org".to_owned(),
        name: "Ada".to_owned(),
        avatar_url: String::new(),
    };
    let user = db.users().upsert_google(&profile).await?.user;
    println!("{} is on the plan {}", user.email, user.plan);

    let spec = DeploymentSpec {
        app_uuid: new_app_uuid(),
        user: user.id,
        name: AppName::parse("first-shop")?,
        subdomain: Subdomain::parse("first-shop")?,
        source: Source::new(GitProvider::GitHub, "https://github.com/ada/shop", "main", 8080),
        limits: None,
        auto_deploy: false,
        env: BTreeMap::from([(EnvKey::parse("API_TOKEN")?, "a secret of the app".into())]),
    };
    let created = db.deployments().create(&spec).await?;

    // A machine with room gets the job.
    let worker =
        db.workers().find_by_api_key(&env::var("WORKER_KEY")?.into()).await?.ok_or("no such worker")?;
    db.jobs().assign_next(worker.id).await?;

    // The worker's side: it claims the job, which nobody else can then have, and reports how it ended.
    let claimed = db.jobs().claim_next(worker.id).await?.ok_or("nothing to do")?;
    let payload = DeployPayload::from_json(&claimed.payload)?;
    println!("{} builds {} with {} variable", worker.name, payload.app_name, payload.env.len());
    let result = JobResult { container_id: "c0ffee".to_owned(), port: 30_001, ..JobResult::default() };
    db.jobs().complete(claimed.job.id, worker.id, JobOutcome::Completed, &result).await?;

    let app = db.apps().find(created.app).await?.ok_or("no such app")?;
    println!("{} is {}", app.name, app.status);
    Ok(())
}
