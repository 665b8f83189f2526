//! Ids that nothing has.

use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use wh_repo::{AppChanges, Error, JobOutcome, NewLogLine, Page, Tx, UsageScope};
use wh_types::{
    AppId, AppStatus, AppStatusReport, DeploymentId, GitProvider, JobId, JobResult, JobStatus,
    JobStatusUpdate, LogStream, Progress, ResourceLimits, UserId, WebhookId, WorkerId,
};

use super::hostile_world::{HostileWorld, new_domain, new_event, new_session};
use super::numbers::heartbeat;
use crate::alerts::alert;
use crate::support::{commit, key, spec};
use crate::usage_samples::sample;
use crate::webhooks::{delivery, webhook};

type Ask = for<'a, 'c> fn(&'a Tx<'c>, &'a HostileWorld, i64) -> BoxFuture<'a, Result<String, Error>>;

fn shown<'a, T: std::fmt::Debug>(
    work: impl Future<Output = Result<T, Error>> + Send + 'a,
) -> BoxFuture<'a, Result<String, Error>> {
    async move { work.await.map(|answer| format!("{answer:?}")) }.boxed()
}

/// Operations on one id, and what each says where nothing has it.
const BY_ID: &[(&str, &str, Ask)] = &[
    ("users.find", "None", |tx, _, id| shown(tx.users().find(UserId::new(id)))),
    ("users.totp_secret", "None", |tx, _, id| shown(tx.users().totp_secret(UserId::new(id)))),
    ("users.enable_totp", "no such user", |tx, _, id| shown(tx.users().enable_totp(UserId::new(id)))),
    ("users.disable_totp", "no such user", |tx, _, id| shown(tx.users().disable_totp(UserId::new(id)))),
    ("users.set_totp_secret", "no such user", |tx, _, id| {
        async move { shown(tx.users().set_totp_secret(UserId::new(id), &"x".into())).await }.boxed()
    }),
    ("users.set_plan", "no such user", |tx, _, id| {
        async move { shown(tx.users().set_plan(UserId::new(id), &"pro".parse()?)).await }.boxed()
    }),
    ("users.set_active", "no such user", |tx, _, id| shown(tx.users().set_active(UserId::new(id), false))),
    ("users.accept_totp_step", "no such user", |tx, _, id| {
        shown(tx.users().accept_totp_step(UserId::new(id), 1))
    }),
    ("users.record_second_factor_failure", "no such user", |tx, _, id| {
        shown(tx.users().record_second_factor_failure(UserId::new(id)))
    }),
    ("users.invalidate", "()", |tx, _, id| {
        shown(async move {
            tx.users().invalidate(UserId::new(id)).await;
            Ok(())
        })
    }),
    ("git_tokens.upsert", "no such user", |tx, _, id| {
        async move { shown(tx.git_tokens().upsert(UserId::new(id), GitProvider::GitHub, "", &"x".into())).await }
            .boxed()
    }),
    ("git_tokens.find", "None", |tx, _, id| {
        shown(tx.git_tokens().find(UserId::new(id), GitProvider::GitLab))
    }),
    ("git_tokens.list", "[]", |tx, _, id| shown(tx.git_tokens().list(UserId::new(id)))),
    ("git_tokens.delete", "false", |tx, _, id| {
        shown(tx.git_tokens().delete(UserId::new(id), GitProvider::GitLab))
    }),
    ("workers.find", "None", |tx, _, id| shown(tx.workers().find(WorkerId::new(id)))),
    ("workers.mark_online", "no such worker", |tx, _, id| shown(tx.workers().mark_online(WorkerId::new(id)))),
    ("workers.mark_offline", "no such worker", |tx, _, id| {
        shown(tx.workers().mark_offline(WorkerId::new(id)))
    }),
    ("workers.delete", "no such worker", |tx, _, id| shown(tx.workers().delete(WorkerId::new(id)))),
    ("workers.heartbeat", "no such worker", |tx, _, id| {
        async move { shown(tx.workers().heartbeat(WorkerId::new(id), &heartbeat(1))).await }.boxed()
    }),
    ("apps.find", "None", |tx, _, id| shown(tx.apps().find(AppId::new(id)))),
    ("apps.list", "[]", |tx, _, id| shown(tx.apps().list(UserId::new(id), Page::default()))),
    ("apps.list_by_worker", "[]", |tx, _, id| {
        shown(tx.apps().list_by_worker(WorkerId::new(id), Page::default()))
    }),
    ("apps.list_running_for_worker", "[]", |tx, _, id| {
        shown(tx.apps().list_running_for_worker(WorkerId::new(id), Page::default()))
    }),
    ("apps.mark_stopped", "no such app", |tx, _, id| shown(tx.apps().mark_stopped(AppId::new(id)))),
    ("apps.invalidate", "()", |tx, _, id| shown(tx.apps().invalidate(AppId::new(id)))),
    ("apps.mark_violated", "no such app", |tx, _, id| shown(tx.apps().mark_violated(AppId::new(id), "x"))),
    ("apps.clear_violation", "no such app", |tx, _, id| shown(tx.apps().clear_violation(AppId::new(id)))),
    ("apps.find_for_user", "None", |tx, hostile_world, id| {
        shown(tx.apps().find_for_user(AppId::new(id), hostile_world.ada.id))
    }),
    ("apps.show", "None", |tx, _, id| shown(tx.apps().show(AppId::new(id)))),
    ("apps.show_all", "[]", |tx, _, id| shown(tx.apps().show_all(UserId::new(id), Page::default()))),
    ("apps.report", "ReportedApps { changed: [], remove: [] }", |tx, hostile_world, id| {
        async move {
            let app_uuid = tx.apps().find(hostile_world.idle.app).await?.unwrap().uuid;
            let (status, container_id) = (AppStatus::Running, "c0ffee".to_owned());
            let report = AppStatusReport { app_uuid, status, container_id, port: 0, message: String::new() };
            let as_of = tx.apps().now().await?;
            shown(tx.apps().report(WorkerId::new(id), as_of, &[report])).await
        }
        .boxed()
    }),
    ("apps.mark_deleted", "no such app", |tx, _, id| shown(tx.apps().mark_deleted(AppId::new(id)))),
    ("apps.hard_delete", "no such app", |tx, _, id| shown(tx.apps().hard_delete(AppId::new(id)))),
    ("apps.set_webhook_id", "no such app", |tx, _, id| shown(tx.apps().set_webhook_id(AppId::new(id), None))),
    ("apps.set_auto_deploy", "no such app", |tx, _, id| {
        shown(tx.apps().set_auto_deploy(AppId::new(id), true))
    }),
    ("apps.update_spec", "no such app", |tx, _, id| {
        async move {
            let limited = AppChanges { limits: Some(ResourceLimits::default()), ..Default::default() };
            let refusal = tx.apps().update_spec(AppId::new(id), &limited).await;
            assert_eq!(refusal.unwrap_err().to_string(), "no such app");
            shown(tx.apps().update_spec(AppId::new(id), &AppChanges::default())).await
        }
        .boxed()
    }),
    ("env_vars.list", "{}", |tx, _, id| shown(tx.env_vars().list(AppId::new(id)))),
    ("env_vars.set", "no such app", |tx, _, id| {
        async move { shown(tx.env_vars().set(AppId::new(id), &key("A"), &"b".into())).await }.boxed()
    }),
    ("env_vars.delete", "false", |tx, _, id| {
        async move { shown(tx.env_vars().delete(AppId::new(id), &key("A"))).await }.boxed()
    }),
    ("deployments.create", "no such user", |tx, hostile_world, id| {
        let mut new = spec(&hostile_world.ada, "another-shop");
        new.user = UserId::new(id);
        async move { shown(tx.deployments().create(&new)).await }.boxed()
    }),
    ("deployments.find_for_user", "None", |tx, hostile_world, id| {
        shown(tx.deployments().find_for_user(DeploymentId::new(id), hostile_world.ada.id))
    }),
    ("deployments.find", "None", |tx, _, id| shown(tx.deployments().find(DeploymentId::new(id)))),
    ("deployments.list", "[]", |tx, _, id| shown(tx.deployments().list(AppId::new(id), Page::default()))),
    ("deployments.list_recent_for_user", "[]", |tx, _, id| {
        shown(tx.deployments().list_recent_for_user(UserId::new(id), Page::default()))
    }),
    ("deployments.latest_build_logs", "None", |tx, _, id| {
        shown(tx.deployments().latest_build_logs(AppId::new(id)))
    }),
    ("deployments.set_build_logs", "no such deployment", |tx, hostile_world, id| {
        shown(tx.deployments().set_build_logs(DeploymentId::new(id), hostile_world.anvil.id, ""))
    }),
    ("deployments.redeploy", "no such app", |tx, _, id| {
        async move { shown(tx.deployments().redeploy(AppId::new(id), &commit("beef"))).await }.boxed()
    }),
    ("jobs.start", "no such app", |tx, _, id| shown(tx.jobs().start(AppId::new(id)))),
    ("jobs.stop", "no such app", |tx, _, id| shown(tx.jobs().stop(AppId::new(id)))),
    ("jobs.delete", "no such app", |tx, _, id| shown(tx.jobs().delete(AppId::new(id)))),
    ("jobs.find", "None", |tx, _, id| shown(tx.jobs().find(JobId::new(id)))),
    ("jobs.find_for_user", "None", |tx, hostile_world, id| {
        shown(tx.jobs().find_for_user(JobId::new(id), hostile_world.ada.id))
    }),
    ("jobs.find_for_worker", "None", |tx, hostile_world, id| {
        shown(tx.jobs().find_for_worker(JobId::new(id), hostile_world.anvil.id))
    }),
    ("jobs.find_active", "None", |tx, _, id| shown(tx.jobs().find_active(AppId::new(id)))),
    ("jobs.list_for_app", "[]", |tx, _, id| shown(tx.jobs().list_for_app(AppId::new(id), Page::default()))),
    ("jobs.next_assigned", "None", |tx, _, id| shown(tx.jobs().next_assigned(WorkerId::new(id)))),
    ("jobs.assign", "no such job", |tx, hostile_world, id| {
        shown(tx.jobs().assign(JobId::new(id), hostile_world.anvil.id))
    }),
    ("jobs.assign", "no such worker", |tx, hostile_world, id| {
        shown(tx.jobs().assign(hostile_world.waiting.job, WorkerId::new(id)))
    }),
    ("jobs.reassign", "no such job", |tx, hostile_world, id| {
        shown(tx.jobs().reassign(JobId::new(id), hostile_world.anvil.id))
    }),
    ("jobs.reassign", "no such worker", |tx, hostile_world, id| {
        shown(tx.jobs().reassign(hostile_world.assigned.job, WorkerId::new(id)))
    }),
    ("jobs.assign_next", "None", |tx, _, id| shown(tx.jobs().assign_next(WorkerId::new(id)))),
    ("jobs.claim", "no such job", |tx, hostile_world, id| {
        shown(tx.jobs().claim(JobId::new(id), hostile_world.anvil.id))
    }),
    ("jobs.claim_next", "None", |tx, _, id| shown(tx.jobs().claim_next(WorkerId::new(id)))),
    ("jobs.cancel", "no such job", |tx, _, id| shown(tx.jobs().cancel(JobId::new(id)))),
    ("jobs.update_status", "no such job", |tx, hostile_world, id| {
        let update = JobStatusUpdate {
            job_id: JobId::new(id),
            status: JobStatus::Processing,
            message: String::new(),
            progress: Progress::NONE,
        };
        async move { shown(tx.jobs().update_status(hostile_world.anvil.id, &update)).await }.boxed()
    }),
    ("jobs.complete", "no such job", |tx, hostile_world, id| {
        async move {
            let result = JobResult::default();
            shown(tx.jobs().complete(JobId::new(id), hostile_world.anvil.id, JobOutcome::Completed, &result))
                .await
        }
        .boxed()
    }),
    ("domains.create", "no such app", |tx, hostile_world, id| {
        let new = new_domain(hostile_world.ada.id, AppId::new(id));
        async move { shown(tx.domains().create(&new)).await }.boxed()
    }),
    ("domains.list_for_app", "[]", |tx, _, id| {
        shown(tx.domains().list_for_app(AppId::new(id), Page::default()))
    }),
    ("domains.list_for_user", "[]", |tx, _, id| {
        shown(tx.domains().list_for_user(UserId::new(id), Page::default()))
    }),
    ("domains.list_verified", "[]", |tx, _, id| shown(tx.domains().list_verified(AppId::new(id)))),
    ("domains.verified_by_apps", "{}", |tx, _, id| {
        async move { shown(tx.domains().verified_by_apps(&[AppId::new(id)])).await }.boxed()
    }),
    ("domains.mark_verified", "no such domain", |tx, _, id| shown(tx.domains().mark_verified(id.into()))),
    ("domains.mark_check_failed", "no such domain", |tx, _, id| {
        shown(tx.domains().mark_check_failed(id.into(), "x"))
    }),
    ("webhooks.find_with_secret", "None", |tx, _, id| shown(tx.webhooks().find_with_secret(id.into()))),
    ("webhooks.create", "no such user", |tx, _, id| {
        async move { shown(tx.webhooks().create(&webhook(UserId::new(id), &[]))).await }.boxed()
    }),
    ("webhooks.list", "[]", |tx, _, id| shown(tx.webhooks().list(UserId::new(id), Page::default()))),
    ("webhooks.record_delivery", "no such webhook", |tx, _, id| {
        async move { shown(tx.webhooks().record_delivery(&delivery(WebhookId::new(id), 3, true))).await }
            .boxed()
    }),
    ("sessions.create", "no such user", |tx, _, id| {
        async move { shown(tx.sessions().create(&new_session(UserId::new(id)))).await }.boxed()
    }),
    ("sessions.bump_last_seen", "no such session", |tx, _, id| {
        shown(tx.sessions().bump_last_seen(id.into(), "", ""))
    }),
    ("sessions.find", "None", |tx, hostile_world, id| {
        shown(tx.sessions().find(id.into(), hostile_world.ada.id))
    }),
    ("sessions.list", "[]", |tx, _, id| shown(tx.sessions().list(UserId::new(id), Page::default()))),
    ("sessions.revoke_others", "no such session", |tx, hostile_world, id| {
        shown(tx.sessions().revoke_others(UserId::new(id), hostile_world.session.id))
    }),
    ("audit_events.record", "no such user", |tx, _, id| {
        async move { shown(tx.audit_events().record(&new_event(UserId::new(id)))).await }.boxed()
    }),
    ("audit_events.list", "[]", |tx, _, id| shown(tx.audit_events().list(UserId::new(id), Page::default()))),
    ("backup_codes.consume", "false", |tx, _, id| {
        async move { shown(tx.backup_codes().consume(UserId::new(id), &"one".into())).await }.boxed()
    }),
    ("backup_codes.replace", "no such user", |tx, _, id| {
        async move { shown(tx.backup_codes().replace(UserId::new(id), &[])).await }.boxed()
    }),
    ("pending_totps.create", "no such user", |tx, _, id| {
        shown(tx.pending_totps().create(UserId::new(id), "google", Duration::from_mins(1)))
    }),
    ("alert_rules.list", "[]", |tx, _, id| shown(tx.alert_rules().list(AppId::new(id)))),
    ("alert_rules.ensure", "no such app", |tx, hostile_world, id| {
        shown(tx.alert_rules().ensure(AppId::new(id), hostile_world.ada.id))
    }),
    ("alerts.create", "no such user", |tx, _, id| {
        async move { shown(tx.alerts().create(&alert(UserId::new(id), None, "9"))).await }.boxed()
    }),
    ("alerts.create", "no such app", |tx, hostile_world, id| {
        async move { shown(tx.alerts().create(&alert(hostile_world.ada.id, Some(AppId::new(id)), "9"))).await }
            .boxed()
    }),
    ("usage_samples.upsert", "no such app", |tx, _, id| {
        async move { shown(tx.usage_samples().upsert(&sample(AppId::new(id), 0))).await }.boxed()
    }),
    ("usage_samples.list", "[]", |tx, hostile_world, id| {
        let (from, to) =
            (sample(hostile_world.idle.app, 0).bucket_start, sample(hostile_world.idle.app, 1).bucket_start);
        shown(tx.usage_samples().list(UsageScope::App(AppId::new(id)), from, to))
    }),
    ("runtime_logs.newest", "[]", |tx, _, id| {
        async move { shown(tx.runtime_logs().newest(&[AppId::new(id)], 0)).await }.boxed()
    }),
    ("runtime_logs.save", "0", |tx, _, id| {
        let logged_at = chrono::DateTime::UNIX_EPOCH;
        let (app, worker) = (AppId::new(id), Some(WorkerId::new(id)));
        let line = NewLogLine { app, worker, stream: LogStream::System, line: "x".into(), logged_at };
        async move { shown(tx.runtime_logs().save(&[line])).await }.boxed()
    }),
];

#[tokio::test]
async fn an_id_that_nothing_has_finds_nothing_and_changes_nothing() {
    let hostile_world = HostileWorld::new().await;
    let before = hostile_world.fingerprint().await;
    for (operation, expected, ask) in BY_ID {
        for id in [0, -1, i64::MIN, i64::MAX, 1 << 31, 1 << 32] {
            let words = match hostile_world.attempt(operation, *ask, id).await {
                Ok(answer) => answer,
                Err(error @ Error::NotFound { .. }) => error.to_string(),
                Err(error) => unreachable!("{operation}({id}): {error}"),
            };
            assert_eq!(words, *expected, "{operation}({id})");
        }
    }
    assert_eq!(hostile_world.fingerprint().await, before);
}
