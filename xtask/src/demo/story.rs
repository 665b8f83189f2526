//! What happens in the demo, act by act.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::{try_join, try_join_all};
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;
use wh_data::repo::{CreatedDeployment, GoogleProfile, NewLogLine, Page, WorkerRegistration, rows};
use wh_data::types::{
    AppId, AppStatus, EnvKey, HeartbeatRequest, LogStream, PlanId, WorkerResources, WorkerStatus,
};
use wh_stack::Stack;

use super::dump::{self, Shown};
use super::log_lines::LogLine;
use super::manifest::App;
use super::refusals;
use super::screen::{Screen, short};
use super::stage::{Database, Process};
use super::worker::{self, broken};
use crate::failure::{Failure, Outcome};

/// How many log lines are replayed.
const REPLAYED: usize = 4;

/// After so long a worker looks for jobs without having been woken.
const POLL: Duration = Duration::from_mins(5);

/// Tells the story and says whether every expectation held.
pub(super) async fn tell(
    database: &Database,
    stack: &Stack,
    apps: &[App],
    lines: &[LogLine],
) -> Outcome<bool> {
    let screen = Screen::new();
    screen.act("Start");
    let secret = SecretString::from(format!("demo-{}", Uuid::new_v4()));
    let begun = std::time::Instant::now();
    let api = Process::start(database, &secret).await?;
    let text = format!("database {} on Postgres {}", short(database.name(), 16), stack.postgres_version());
    screen.expect(true, &text, None);
    screen.note(&format!(
        "connected and migrated in {} ms; every answer travels 2 ms, so that",
        begun.elapsed().as_millis()
    ));
    screen.note("time shows round trips. Statements are prepared once per connection.");

    let users = sign_in(&screen, &api, apps).await?;
    let workers = register(&screen, database, &secret).await?;
    let players: Vec<_> = apps
        .iter()
        .filter_map(|app| users.get(app.plan.as_str()).map(|user| (app.clone(), user.clone())))
        .collect();
    let created = create(&screen, &api, &players).await?;
    build(&screen, &api, &workers, apps).await?;
    log(&screen, &api, &created, lines).await?;

    screen.act("What must be refused");
    refusals::ask(&screen, &api, &players).await?;

    screen.act("What a dump of the database gives away");
    let (opened, secrets) = open(&api, &players, &created, &workers).await?;
    dump::show(&screen, database, &opened, &secrets).await?;

    screen.act("The apps at the end");
    end(&screen, &api, &players, &workers, apps.len()).await?;
    conclude(&screen);
    Ok(screen.broken() == 0)
}

/// One user for each plan that the manifest names.
async fn sign_in(screen: &Screen, api: &Process, apps: &[App]) -> Outcome<BTreeMap<String, rows::User>> {
    screen.act("Users sign in");
    let mut users = BTreeMap::new();
    for plan in apps.iter().map(|app| &app.plan) {
        if users.contains_key(plan.as_str()) {
            continue;
        }
        let profile = GoogleProfile {
            google_id: Uuid::new_v4().simple().to_string(),
            email: format!("{plan}@example.org"),
            name: format!("A {plan} user"),
            avatar_url: String::new(),
        };
        let (user, cost) = api.cost(api.data.db().users().upsert_google(&profile)).await;
        let user = user.map_err(broken)?.user;
        screen.step(&format!("{} is user {}", profile.email, user.id), cost);
        users.insert(plan.as_str().to_owned(), on_plan(screen, api, user, plan).await?);
    }
    Ok(users)
}

async fn on_plan(screen: &Screen, api: &Process, user: rows::User, plan: &PlanId) -> Outcome<rows::User> {
    if user.plan == plan.as_str() {
        return Ok(user);
    }
    let (user, cost) = api.cost(api.data.db().users().set_plan(user.id, plan)).await;
    let user = user.map_err(broken)?;
    screen.step(&format!("{} goes to the {plan} plan", user.email), cost);
    Ok(user)
}

/// Two workers, each a process of its own.
async fn register(
    screen: &Screen,
    database: &Database,
    secret: &SecretString,
) -> Outcome<Vec<(rows::Worker, Process, SecretString)>> {
    screen.act("Workers register");
    let mut workers = Vec::new();
    for name in ["anvil", "hammer"] {
        let process = Process::start(database, secret).await?;
        let repository = process.data.db().workers();
        let api_key = SecretString::from(format!("whk_{}", Uuid::new_v4().simple()));
        let registration = WorkerRegistration {
            name: name.to_owned(),
            ip_address: "2001:db8::7".to_owned(),
            api_key: api_key.clone(),
            zone: format!("{name}.example.net"),
            region_name: "Frankfurt".to_owned(),
            capacity_cpu_milli: 8000,
            capacity_memory_mib: 16_384,
        };
        let (worker, cost) = process.cost(repository.upsert(&registration)).await;
        let worker = worker.map_err(broken)?;
        screen.step(&format!("{name} is worker {}, known by the hash of its key", worker.id), cost);
        let heartbeat =
            HeartbeatRequest { status: WorkerStatus::Online, resources: WorkerResources::default() };
        let (beaten, cost) = process.cost(repository.heartbeat(worker.id, &heartbeat)).await;
        beaten.map_err(broken)?;
        screen.step(&format!("{name} is online"), cost);
        workers.push((worker, process, api_key));
    }
    Ok(workers)
}

async fn create(
    screen: &Screen,
    api: &Process,
    players: &[(App, rows::User)],
) -> Outcome<Vec<CreatedDeployment>> {
    screen.act("Apps are created: each with environment, deployment and job in one transaction");
    let mut created = Vec::new();
    for (app, user) in players {
        let spec = app.spec(user.id);
        let (made, cost) = api.cost(api.data.db().deployments().create(&spec)).await;
        let made = made.map_err(broken)?;
        let text = format!(
            "{:<16} app {}, deployment {}, job {} pending",
            app.name, made.app, made.deployment, made.job
        );
        screen.step(&text, cost);
        created.push(made);
    }
    if let (Some((app, user)), Some(made)) = (players.first(), created.first()) {
        let found = api.data.db().apps().find(made.app).await.map_err(broken)?;
        let uuid = found.map(|app| app.uuid).unwrap_or_default();
        let again = wh_data::repo::DeploymentSpec { app_uuid: uuid, ..app.spec(user.id) };
        let (repeated, cost) = api.cost(api.data.db().deployments().create(&again)).await;
        let repeated = repeated.map_err(broken)?;
        let same = !repeated.fresh && (repeated.app, repeated.job) == (made.app, made.job);
        screen.expect(
            same,
            &format!("{:<16} sent again with the same UUID: the same app, nothing new", app.name),
            Some(cost),
        );
    }
    Ok(created)
}

async fn build(
    screen: &Screen,
    api: &Process,
    workers: &[(rows::Worker, Process, SecretString)],
    apps: &[App],
) -> Outcome<()> {
    screen.act("Two workers are woken, claim and build side by side");
    let begun = std::time::Instant::now();
    let mut running = Vec::new();
    for (at, (worker, process, _)) in workers.iter().enumerate() {
        let share = (0..apps.len()).filter(|job| job % workers.len() == at).count();
        let wakeups = worker::listen(screen, process, worker).await?;
        running.push(worker::work(screen, process, worker, apps, share, wakeups));
    }
    let (done, ()) = try_join(try_join_all(running), assign(screen, api, workers, apps)).await?;
    let shares: Vec<_> = done.iter().map(usize::to_string).collect();
    let text = format!(
        "{} jobs, each done once ({} jobs per worker)",
        done.iter().sum::<usize>(),
        shares.join(" and ")
    );
    screen.expect(done.iter().sum::<usize>() == apps.len(), &text, None);
    screen.expect(begun.elapsed() < POLL, "nobody waited for the poll every 5 minutes", None);
    Ok(())
}

/// Gives the pending jobs to the workers in turn.
async fn assign(
    screen: &Screen,
    api: &Process,
    workers: &[(rows::Worker, Process, SecretString)],
    apps: &[App],
) -> Outcome<()> {
    for ((worker, ..), app) in workers.iter().cycle().zip(apps) {
        let (job, cost) = api.cost(api.data.db().jobs().assign_next(worker.id)).await;
        let job = job.map_err(broken)?.ok_or_else(|| Failure::new("a pending job is gone".to_owned()))?;
        let text = format!("api     job {:<3} {:<16} assigned to {}", job.id, app.name, worker.name);
        screen.step(&text, cost);
    }
    Ok(())
}

async fn log(
    screen: &Screen,
    api: &Process,
    created: &[CreatedDeployment],
    lines: &[LogLine],
) -> Outcome<()> {
    screen.act("Runtime logs are stored and replayed");
    let apps: Vec<AppId> = created.iter().map(|made| made.app).collect();
    let batch: Vec<NewLogLine> = lines
        .iter()
        .zip(apps.iter().cycle())
        .map(|(line, app)| NewLogLine {
            app: *app,
            worker: None,
            stream: LogStream::System,
            line: line.text.clone(),
            logged_at: line.at,
        })
        .collect();
    if batch.is_empty() {
        screen.note("no lines: the server of DATABASE_URL keeps its log to itself, name a file with --logs");
        return Ok(());
    }
    let (stored, cost) = api.cost(api.data.db().runtime_logs().save(&batch)).await;
    let stored = stored.map_err(broken)?;
    screen.expect(
        stored == batch.len(),
        &format!("{stored} lines of {} apps stored in one batch", apps.len()),
        Some(cost),
    );
    let (newest, cost) = api.cost(api.data.db().runtime_logs().newest(&apps, 500)).await;
    let newest = newest.map_err(broken)?;
    let ordered = newest.is_sorted_by_key(|line| line.logged_at) && newest.len() == stored.min(500);
    screen.expect(
        ordered,
        &format!("the newest {} over all apps, oldest first; the last of them:", newest.len()),
        Some(cost),
    );
    for line in newest.iter().skip(newest.len().saturating_sub(REPLAYED)) {
        screen.line(&format!(
            "{}  app {}  {}",
            line.logged_at.format("%H:%M:%S%.3f"),
            line.app_id,
            short(&line.line, 84)
        ));
    }
    Ok(())
}

/// What the API hands back for the columns that are unreadable in a dump, and the secrets themselves.
async fn open(
    api: &Process,
    players: &[(App, rows::User)],
    created: &[CreatedDeployment],
    workers: &[(rows::Worker, Process, SecretString)],
) -> Outcome<(Vec<Shown>, Vec<SecretString>)> {
    let db = api.data.db();
    let mut opened = Vec::new();
    let mut secrets: Vec<SecretString> = workers.iter().map(|(.., key)| key.clone()).collect();
    for (app, _) in players {
        // Short values (a port, a digit) are in any dump.
        secrets.extend(app.env.values().filter(|value| value.expose_secret().len() >= 12).cloned());
    }
    if let Some(made) = created.first() {
        let vars: BTreeMap<EnvKey, SecretString> = db.env_vars().list(made.app).await.map_err(broken)?;
        if let Some((key, value)) = vars.into_iter().next() {
            opened.push(Shown {
                column: "app_env_vars.value",
                opened: format!("{key}={}", value.expose_secret()),
            });
        }
        let worker = db.jobs().find(made.job).await.map_err(broken)?.and_then(|job| job.worker_id);
        if let Some(worker) = worker
            && let Some(job) = db.jobs().find_for_worker(made.job, worker).await.map_err(broken)?
        {
            opened.push(Shown { column: "jobs.payload", opened: job.payload.expose_secret().to_owned() });
        }
    }
    if let Some((.., key)) = workers.first() {
        let known = db.workers().find_by_api_key(key).await.map_err(broken)?;
        let name = known.map_or_else(|| "nobody".to_owned(), |worker| worker.name);
        opened
            .push(Shown { column: "workers.api_key_hash", opened: format!("whk_… is the key of {name}") });
    }
    Ok((opened, secrets))
}

async fn end(
    screen: &Screen,
    api: &Process,
    players: &[(App, rows::User)],
    workers: &[(rows::Worker, Process, SecretString)],
    apps: usize,
) -> Outcome<()> {
    let db = api.data.db();
    let head = ["app", "plan", "status", "worker", "port", "commit", "of", "last deployment"];
    let mut table = vec![head.map(str::to_owned).to_vec()];
    let (mut running, mut failed) = (0, 0);
    for (app, user) in players {
        let row = db.apps().find_by_name(user.id, app.name.as_str()).await.map_err(broken)?;
        let row = row.ok_or_else(|| Failure::new(format!("the app {} is gone", app.name)))?;
        let deployments = db.deployments().list(row.id, Page::default()).await.map_err(broken)?;
        let last = deployments.first().map_or_else(String::new, |deployment| {
            let error = &deployment.error_message;
            let error = if error.is_empty() { String::new() } else { format!(": {error}") };
            format!("{}{error}", deployment.status)
        });
        running += usize::from(row.status == AppStatus::Running);
        failed += usize::from(row.status == AppStatus::Failed);
        let worker = workers.iter().find(|(worker, ..)| Some(worker.id) == row.worker_id);
        table.push(vec![
            row.name.clone(),
            user.plan.clone(),
            row.status.to_string(),
            worker.map_or_else(|| "-".to_owned(), |(worker, ..)| worker.name.clone()),
            if row.port == 0 { "-".to_owned() } else { row.port.to_string() },
            row.commit_sha.chars().take(8).collect(),
            app.committed_at.date_naive().to_string(),
            short(&last, 60),
        ]);
    }
    screen.table(&table);
    screen.expect(
        running + 1 == apps && failed == 1,
        &format!("{running} run, {failed} failed as it should"),
        None,
    );
    Ok(())
}

fn conclude(screen: &Screen) {
    screen.act(&match screen.broken() {
        0 => "Every expectation held.".to_owned(),
        broken => format!("{broken} expectation(s) did not hold: see the lines marked EXPECTED."),
    });
}
