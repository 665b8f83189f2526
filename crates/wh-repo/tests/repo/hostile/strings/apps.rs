//! Texts about apps, their deployments and their jobs.

use wh_repo::rows::{App, Deployment};
use wh_repo::{AppChanges, DeploymentSpec, Error, JobOutcome, NewLogLine, Tx};
use wh_types::{
    AppName, CommitMetadata, DeployPayload, JobResult, JobStatus, JobStatusUpdate, LogStream, Progress,
    Subdomain,
};

use super::super::hostile_world::HostileWorld;
use super::super::texts::Rule::{self, Chars, Cut, Line, Lookup, WithoutNul};
use super::{answer, case, found, try_all};
use crate::support::{commit, spec};

/// A new app, as it is stored and as its worker is told.
async fn create(
    tx: &Tx<'_>,
    hostile_world: &HostileWorld,
    change: impl FnOnce(&mut DeploymentSpec) + Send,
) -> Result<(App, Deployment, DeployPayload), Error> {
    let mut new = spec(&hostile_world.ada, "another-shop");
    change(&mut new);
    let made = tx.deployments().create(&new).await?;
    tx.jobs().assign(made.job, hostile_world.anvil.id).await?;
    let payload =
        DeployPayload::from_json(&tx.jobs().claim(made.job, hostile_world.anvil.id).await?.payload)?;
    let app = tx.apps().find(made.app).await?.unwrap();
    Ok((app, tx.deployments().find(made.deployment).await?.unwrap(), payload))
}

#[tokio::test]
async fn a_new_app_is_told_its_worker_as_it_was_given() {
    try_all(&[
        case("deployments.create", "app name", Rule::AppName, |tx, hostile_world, text| {
            answer(async move {
                let name = AppName::from_stored(text);
                let (app, _, payload) = create(tx, hostile_world, |new| new.name = name).await?;
                assert_eq!(payload.app_name, app.name.as_str());
                Ok(tx.apps().find_by_name(hostile_world.ada.id, &app.name).await?.unwrap().name)
            })
        }),
        case("deployments.create", "subdomain", Rule::Subdomain, |tx, hostile_world, text| {
            answer(async move {
                let name = Subdomain::from_stored(text);
                Ok(create(tx, hostile_world, |new| new.subdomain = name).await?.0.subdomain)
            })
        }),
        case("deployments.create", "repo_url", Chars(1, 2048), |tx, hostile_world, text| {
            answer(async move {
                let (app, _, payload) = create(tx, hostile_world, |new| new.source.repo_url = text).await?;
                assert_eq!(payload.repo_url, app.repo_url);
                Ok(app.repo_url)
            })
        }),
        case("deployments.create", "branch", Chars(1, 255), |tx, hostile_world, text| {
            answer(async move {
                let (app, made, payload) = create(tx, hostile_world, |new| new.source.branch = text).await?;
                assert_eq!((&payload.branch, &made.branch), (&app.branch, &app.branch));
                Ok(app.branch)
            })
        }),
        case("deployments.create", "root_dir", Chars(0, 1024), |tx, hostile_world, text| {
            answer(async move {
                let (app, _, payload) = create(tx, hostile_world, |new| new.source.root_dir = text).await?;
                assert_eq!(payload.root_dir, app.root_dir);
                Ok(app.root_dir)
            })
        }),
        case("deployments.create", "build_command", Chars(0, 8192), |tx, hostile_world, text| {
            answer(async move {
                let (app, _, payload) =
                    create(tx, hostile_world, |new| new.source.build_command = text).await?;
                assert_eq!(payload.build_command, app.build_command);
                Ok(app.build_command)
            })
        }),
        case("deployments.create", "start_command", Chars(0, 8192), |tx, hostile_world, text| {
            answer(async move {
                let (app, _, payload) =
                    create(tx, hostile_world, |new| new.source.start_command = text).await?;
                assert_eq!(payload.start_command, app.start_command);
                Ok(app.start_command)
            })
        }),
        case("deployments.create", "commit_sha", Chars(0, 64), |tx, hostile_world, text| {
            answer(async move {
                let (app, made, _) = create(tx, hostile_world, |new| new.source.commit.sha = text).await?;
                assert_eq!(made.commit_sha, app.commit_sha);
                Ok(app.commit_sha)
            })
        }),
        case("deployments.create", "commit_message", Chars(0, 65_536), |tx, hostile_world, text| {
            answer(async move {
                Ok(create(tx, hostile_world, |new| new.source.commit.message = text).await?.1.commit_message)
            })
        }),
        case("deployments.create", "commit_author", Chars(0, 512), |tx, hostile_world, text| {
            answer(async move {
                Ok(create(tx, hostile_world, |new| new.source.commit.author = text).await?.1.commit_author)
            })
        }),
    ])
    .await;
}

async fn change(tx: &Tx<'_>, hostile_world: &HostileWorld, changes: AppChanges) -> Result<App, Error> {
    let app = tx.apps().update_spec(hostile_world.idle.app, &changes).await?;
    assert_eq!(tx.apps().find_by_uuid(app.uuid).await?.as_ref(), Some(&app));
    Ok(app)
}

#[tokio::test]
async fn a_change_of_an_app_is_kept_as_it_was_given() {
    try_all(&[
        case("apps.update_spec", "repo_url", Chars(1, 2048), |tx, hostile_world, text| {
            let changes = AppChanges { repo_url: Some(text), ..Default::default() };
            answer(async move { Ok(change(tx, hostile_world, changes).await?.repo_url) })
        }),
        case("apps.update_spec", "branch", Chars(1, 255), |tx, hostile_world, text| {
            let changes = AppChanges { branch: Some(text), ..Default::default() };
            answer(async move { Ok(change(tx, hostile_world, changes).await?.branch) })
        }),
        case("apps.update_spec", "root_dir", Chars(0, 1024), |tx, hostile_world, text| {
            let changes = AppChanges { root_dir: Some(text), ..Default::default() };
            answer(async move { Ok(change(tx, hostile_world, changes).await?.root_dir) })
        }),
        case("apps.update_spec", "build_command", Chars(0, 8192), |tx, hostile_world, text| {
            let changes = AppChanges { build_command: Some(text), ..Default::default() };
            answer(async move { Ok(change(tx, hostile_world, changes).await?.build_command) })
        }),
        case("apps.update_spec", "start_command", Chars(0, 8192), |tx, hostile_world, text| {
            let changes = AppChanges { start_command: Some(text), ..Default::default() };
            answer(async move { Ok(change(tx, hostile_world, changes).await?.start_command) })
        }),
        case("apps.set_webhook_id", "webhook_id", Chars(1, 128), |tx, hostile_world, text| {
            answer(async move {
                tx.apps().set_webhook_id(hostile_world.idle.app, Some(&text)).await?;
                Ok(tx.apps().find(hostile_world.idle.app).await?.unwrap().webhook_id.unwrap())
            })
        }),
        case("apps.mark_violated", "reason", Cut(4096), |tx, hostile_world, text| {
            answer(async move {
                tx.apps().mark_violated(hostile_world.idle.app, &text).await?;
                Ok(tx.apps().find(hostile_world.idle.app).await?.unwrap().violation_reason)
            })
        }),
        case("apps.find_by_name", "name", Lookup, |tx, hostile_world, text| {
            answer(async move { Ok(found(tx.apps().find_by_name(hostile_world.ada.id, &text).await?)) })
        }),
        case("runtime_logs.save", "line", Line, |tx, hostile_world, text| {
            answer(async move {
                let app = hostile_world.idle.app;
                let logged_at = chrono::DateTime::from_timestamp(1_790_000_000, 0).unwrap();
                let line = NewLogLine { app, worker: None, stream: LogStream::Stdout, line: text, logged_at };
                assert_eq!(tx.runtime_logs().save(&[line]).await?, 1);
                Ok(tx.runtime_logs().newest(&[app], 1).await?.remove(0).line)
            })
        }),
    ])
    .await;
}

/// Another deployment of this commit, and its row.
async fn redeploy(
    tx: &Tx<'_>,
    hostile_world: &HostileWorld,
    commit: CommitMetadata,
) -> Result<Deployment, Error> {
    let made = tx.deployments().redeploy(hostile_world.idle.app, &commit).await?;
    assert_eq!(
        tx.deployments().redeploy(hostile_world.idle.app, &commit).await?.job,
        made.job,
        "the same again"
    );
    let job = tx.jobs().find_for_worker(made.job, hostile_world.anvil.id).await?.unwrap();
    assert_eq!(DeployPayload::from_json(&job.payload)?.commit_sha, commit.sha);
    Ok(tx.deployments().find(made.deployment).await?.unwrap())
}

/// Ends the job that is at work, as completed or as failed.
async fn end(
    tx: &Tx<'_>,
    hostile_world: &HostileWorld,
    outcome: JobOutcome,
    result: JobResult,
) -> Result<(App, Deployment), Error> {
    let job = &hostile_world.at_work.job;
    let ended = tx.jobs().complete(job.id, hostile_world.anvil.id, outcome, &result).await?;
    let again = tx.jobs().complete(job.id, hostile_world.anvil.id, outcome, &result).await?;
    assert!(again.job == ended.job && ended.fresh && !again.fresh, "the same report again");
    let deployment = tx.deployments().find(job.deployment_id.unwrap()).await?.unwrap();
    Ok((tx.apps().find(job.app_id).await?.unwrap(), deployment))
}

#[tokio::test]
async fn what_a_worker_reports_is_kept_as_far_as_it_fits() {
    try_all(&[
        case("deployments.redeploy", "commit_sha", Chars(0, 64), |tx, hostile_world, text| {
            answer(async move { Ok(redeploy(tx, hostile_world, commit(&text)).await?.commit_sha) })
        }),
        case("deployments.redeploy", "message", Cut(65_536), |tx, hostile_world, text| {
            let commit = CommitMetadata { message: text, ..commit("beef") };
            answer(async move { Ok(redeploy(tx, hostile_world, commit).await?.commit_message) })
        }),
        case("deployments.redeploy", "author", Cut(512), |tx, hostile_world, text| {
            let commit = CommitMetadata { author: text, ..commit("beef") };
            answer(async move { Ok(redeploy(tx, hostile_world, commit).await?.commit_author) })
        }),
        case("deployments.set_build_logs", "logs", WithoutNul, |tx, hostile_world, text| {
            answer(async move {
                let job = &hostile_world.at_work.job;
                let id = job.deployment_id.unwrap();
                tx.deployments().set_build_logs(id, hostile_world.anvil.id, &text).await?;
                Ok(tx.deployments().latest_build_logs(job.app_id).await?.unwrap())
            })
        }),
        case("jobs.update_status", "message", WithoutNul, |tx, hostile_world, text| {
            answer(async move {
                let update = JobStatusUpdate {
                    job_id: hostile_world.at_work.job.id,
                    status: JobStatus::Processing,
                    message: text,
                    progress: Progress::NONE,
                };
                tx.jobs().update_status(hostile_world.anvil.id, &update).await?;
                Ok(tx.jobs().find(update.job_id).await?.unwrap().message)
            })
        }),
        case("jobs.complete", "container_id", Chars(0, 128), |tx, hostile_world, text| {
            let result = JobResult { container_id: text, ..Default::default() };
            answer(async move { Ok(end(tx, hostile_world, JobOutcome::Completed, result).await?.0.container_id) })
        }),
        case("jobs.complete", "commit_sha", Chars(0, 63), |tx, hostile_world, text| {
            let commit = CommitMetadata { sha: format!("#{text}"), ..Default::default() };
            let result = JobResult { commit, ..Default::default() };
            answer(async move {
                let (app, made) = end(tx, hostile_world, JobOutcome::Completed, result).await?;
                assert_eq!(app.commit_sha, made.commit_sha);
                Ok(made.commit_sha.trim_start_matches('#').to_owned())
            })
        }),
        case("jobs.complete", "logs", WithoutNul, |tx, hostile_world, text| {
            let result = JobResult { logs: text, ..Default::default() };
            answer(async move { Ok(end(tx, hostile_world, JobOutcome::Completed, result).await?.1.build_logs) })
        }),
        case("jobs.complete", "error", WithoutNul, |tx, hostile_world, text| {
            let result = JobResult { error: text, ..Default::default() };
            answer(async move { Ok(end(tx, hostile_world, JobOutcome::Failed, result).await?.1.error_message) })
        }),
        // An empty text keeps what is there: hence the mark before each.
        case("jobs.complete", "commit_author", Cut(511), |tx, hostile_world, text| {
            let marked = format!("#{text}");
            let commit = CommitMetadata { message: marked.clone(), author: marked, ..Default::default() };
            let result = JobResult { commit, ..Default::default() };
            answer(async move {
                let (_, made) = end(tx, hostile_world, JobOutcome::Completed, result).await?;
                assert!(made.commit_message.starts_with(&made.commit_author));
                Ok(made.commit_author.trim_start_matches('#').to_owned())
            })
        }),
    ])
    .await;
}
