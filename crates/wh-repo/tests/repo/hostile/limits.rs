//! Every page and every batch, at limits and cursors of all kinds: what is listed is what SQL says it should be.

use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use wh_repo::{AlertFilter, Error, Page, Tx};
use wh_types::{AppId, UserId};

use super::hostile_world::HostileWorld;

/// A limit, and the row that the page follows.
type Cursor = (i64, Option<i64>);
type List = for<'a, 'c> fn(&'a Tx<'c>, &'a HostileWorld, Cursor) -> BoxFuture<'a, Result<Vec<i64>, Error>>;
type Batch = for<'a, 'c> fn(&'a Tx<'c>, &'a HostileWorld, i64) -> BoxFuture<'a, Result<usize, Error>>;

/// Rows that there are more of than a page has, of two owners in turns.
const FILL: &str = "
INSERT INTO apps (uuid, user_id, worker_id, name, subdomain, status, git_provider, repo_url, port, container_id)
    SELECT gen_random_uuid(), owner, ANVIL, 'shop-number-' || n, 'shop-number-' || n, 'running', 'github', 'x', n, 'c' FROM both;
INSERT INTO deployments (app_id) SELECT CASE owner WHEN ADA THEN IDLE ELSE EVES END FROM both;
INSERT INTO jobs (app_id, job_type, status, payload)
    SELECT CASE owner WHEN ADA THEN IDLE ELSE EVES END, 'stop', 'completed', '' FROM both;
INSERT INTO domains (user_id, app_id, hostname, verification_token)
    SELECT owner, CASE owner WHEN ADA THEN IDLE ELSE EVES END, 'shop' || n || '.acme.dev', 't' FROM both;
INSERT INTO webhooks (user_id, name, url, events) SELECT owner, 'x', 'x', '{many}' FROM both;
INSERT INTO webhook_deliveries (webhook_id, delivery_id, event, payload, success)
    SELECT HOOK, gen_random_uuid(), 'x', '{}', true FROM both;
INSERT INTO sessions (user_id, token_hash) SELECT owner, md5(n::text) || md5(n::text) FROM both;
INSERT INTO audit_events (user_id, kind) SELECT owner, 'login' FROM both;
INSERT INTO app_alert_rules (app_id, user_id, kind) SELECT id, user_id, 'disk' FROM apps WHERE name LIKE 'shop-number-%';
INSERT INTO alerts (user_id, kind, title, source_type, source_id) SELECT owner, 'cpu', 'x', 'many', n FROM both;
INSERT INTO runtime_logs (app_id, stream, line, logged_at) SELECT IDLE, 'stdout', n, now() FROM both";

async fn filled() -> HostileWorld {
    let hostile_world = HostileWorld::new().await;
    hostile_world.db.workers().mark_online(hostile_world.anvil.id).await.unwrap();
    for statement in FILL.split(';') {
        let names = [
            ("ANVIL", hostile_world.anvil.id.get()),
            ("ADA", hostile_world.ada.id.get()),
            ("IDLE", hostile_world.idle.app.get()),
            ("EVES", hostile_world.eves.app.get()),
            ("HOOK", hostile_world.webhook.id.get()),
            ("EVE", hostile_world.eve.id.get()),
        ];
        let both = "(SELECT n, CASE WHEN n % 10 = 0 THEN EVE ELSE ADA END AS owner FROM generate_series(1, 600) n) AS turns";
        let sql = statement.replace("FROM both", &format!("FROM {both}"));
        let sql = names.iter().fold(sql, |sql, (name, id)| sql.replace(name, &id.to_string()));
        hostile_world.world.raw(&sql).await;
    }
    hostile_world
}

fn page<K: From<i64>>((limit, before): Cursor) -> Result<Page<K>, Error> {
    let page = Page::of(limit)?;
    Ok(match before {
        Some(before) => page.before(before.into()),
        None => page,
    })
}

/// The keys of what an operation lists.
macro_rules! keys {
    ($rows:expr, $row:pat => $key:expr) => {
        async move { Ok($rows.await?.into_iter().map(|$row| $key.get()).collect()) }.boxed()
    };
}

/// What lists, and which ids it should list, newest first, as SQL.
const LISTS: &[(&str, &str, List)] = &[
    (
        "apps.list",
        "apps WHERE user_id = ADA AND deleted_at IS NULL",
        |tx, hostile_world, at| keys!(async move { tx.apps().list(hostile_world.ada.id, page(at)?).await }, row => row.id),
    ),
    (
        "apps.show_all",
        "apps WHERE user_id = ADA AND deleted_at IS NULL",
        |tx, hostile_world, at| keys!(async move { tx.apps().show_all(hostile_world.ada.id, page(at)?).await }, row => row.app.id),
    ),
    (
        "apps.list_by_worker",
        "apps WHERE worker_id = ANVIL AND deleted_at IS NULL",
        |tx, hostile_world, at| keys!(async move { tx.apps().list_by_worker(hostile_world.anvil.id, page(at)?).await }, row => row.id),
    ),
    (
        "apps.list_running_for_worker",
        "apps WHERE worker_id = ANVIL AND status = 'running' AND port > 0 AND container_id <> ''",
        |tx, hostile_world, at| keys!(async move { tx.apps().list_running_for_worker(hostile_world.anvil.id, page(at)?).await }, row => row.id),
    ),
    (
        "deployments.list",
        "deployments WHERE app_id = IDLE",
        |tx, hostile_world, at| keys!(async move { tx.deployments().list(hostile_world.idle.app, page(at)?).await }, row => row.id),
    ),
    (
        "deployments.list_recent_for_user",
        "deployments WHERE app_id IN (SELECT id FROM apps WHERE user_id = ADA AND deleted_at IS NULL)",
        |tx, hostile_world, at| {
            keys!(
                async move { tx.deployments().list_recent_for_user(hostile_world.ada.id, page(at)?).await },
                row => row.id
            )
        },
    ),
    (
        "jobs.list_for_app",
        "jobs WHERE app_id = IDLE",
        |tx, hostile_world, at| keys!(async move { tx.jobs().list_for_app(hostile_world.idle.app, page(at)?).await }, row => row.id),
    ),
    (
        "domains.list_for_user",
        "domains WHERE user_id = ADA",
        |tx, hostile_world, at| keys!(async move { tx.domains().list_for_user(hostile_world.ada.id, page(at)?).await }, row => row.id),
    ),
    (
        "domains.list_for_app",
        "domains WHERE app_id = IDLE",
        |tx, hostile_world, at| keys!(async move { tx.domains().list_for_app(hostile_world.idle.app, page(at)?).await }, row => row.id),
    ),
    (
        "webhooks.list",
        "webhooks WHERE user_id = ADA",
        |tx, hostile_world, at| keys!(async move { tx.webhooks().list(hostile_world.ada.id, page(at)?).await }, row => row.id),
    ),
    ("webhooks.list_for_event", "webhooks WHERE 'many' = ANY (events)", |tx, _, at| {
        keys!(
            async move { tx.webhooks().list_for_event("many", page(at)?).await },
            row => row.webhook.id
        )
    }),
    ("webhooks.list_deliveries", "webhook_deliveries WHERE webhook_id = HOOK", |tx, hostile_world, at| {
        keys!(
            async move { tx.webhooks().list_deliveries(hostile_world.webhook.id, hostile_world.ada.id, page(at)?).await },
            row => row.id
        )
    }),
    (
        "sessions.list",
        "sessions WHERE user_id = ADA",
        |tx, hostile_world, at| keys!(async move { tx.sessions().list(hostile_world.ada.id, page(at)?).await }, row => row.id),
    ),
    (
        "audit_events.list",
        "audit_events WHERE user_id = ADA",
        |tx, hostile_world, at| keys!(async move { tx.audit_events().list(hostile_world.ada.id, page(at)?).await }, row => row.id),
    ),
    (
        "alert_rules.list_enabled",
        "app_alert_rules WHERE enabled",
        |tx, _, at| keys!(async move { tx.alert_rules().list_enabled(page(at)?).await }, row => row.id),
    ),
    (
        "alert_rules.list_apps",
        "apps WHERE status = 'running'",
        |tx, _, at| keys!(async move { tx.alert_rules().list_apps(page(at)?).await }, (app, _) => app.id),
    ),
    ("alerts.list", "alerts WHERE user_id = ADA", |tx, hostile_world, at| {
        let alerts = async move {
            let page = tx.alerts().list(hostile_world.ada.id, AlertFilter::default(), page(at)?).await?;
            assert_eq!(page.stats.active, 541, "the counters know no page");
            Ok::<_, Error>(page.alerts)
        };
        keys!(alerts, row => row.id)
    }),
];

/// The limits to try, and how many rows each gives.
const LIMITS: &[(i64, usize)] =
    &[(0, 50), (1, 1), (2, 2), (499, 499), (500, 500), (501, 500), (1 << 31, 500), (i64::MAX, 500)];

fn is_refused<T>(outcome: Result<T, Error>) -> bool {
    matches!(outcome, Err(Error::Invalid(invalid)) if invalid.to_string().starts_with("limit is out of bounds"))
}

#[tokio::test]
async fn pages_are_bounded_and_go_on_from_any_cursor() {
    let hostile_world = filled().await;
    for (operation, rows, list) in LISTS {
        let names = [
            ("ANVIL", hostile_world.anvil.id.get()),
            ("ADA", hostile_world.ada.id.get()),
            ("IDLE", hostile_world.idle.app.get()),
            ("HOOK", hostile_world.webhook.id.get()),
        ];
        let rows =
            names.iter().fold((*rows).to_owned(), |sql, (name, id)| sql.replace(name, &id.to_string()));
        let ids = hostile_world
            .world
            .raw(&format!("SELECT string_agg(id::text, ' ' ORDER BY id DESC) FROM {rows}"))
            .await;
        let all: Vec<i64> = ids.split(' ').map(|id| id.parse().unwrap()).collect();
        assert!(all.len() > 501, "{operation}: {}", all.len());
        let ask = async |limit, before| hostile_world.attempt(operation, *list, (limit, before)).await;

        for limit in [-1, i64::MIN, -(1 << 31)] {
            assert!(is_refused(ask(limit, None).await), "{operation} of {limit}");
        }
        for (limit, length) in LIMITS {
            assert_eq!(ask(*limit, None).await.unwrap(), all[..*length], "{operation} of {limit}");
        }
        // Of own rows and of what lies between them: rows of others, or gone.
        let (own, gap) =
            (all[300], all.windows(2).find(|pair| pair[0] - pair[1] > 1).map(|pair| pair[1] + 1));
        for before in [own, gap.unwrap_or(own), own - 1, 1, 0, -1, i64::MIN, i64::MAX] {
            let expected: Vec<i64> = all.iter().copied().filter(|id| *id < before).take(7).collect();
            assert_eq!(ask(7, Some(before)).await.unwrap(), expected, "{operation} before {before}");
        }
        let (first, last) = (ask(500, None).await.unwrap(), all[499]);
        let rest = ask(500, Some(last)).await.unwrap();
        assert_eq!([first, rest].concat(), all, "{operation}: the pages are the list");
    }
}

/// What works through a backlog, made by the statement before.
const BATCHES: &[(&str, &str, Batch)] = &[
    (
        "sessions.prune",
        "UPDATE sessions SET revoked_at = now() - interval '1 hour' WHERE ip = ''",
        |tx, _, limit| tx.sessions().prune(Duration::from_mins(59), limit).boxed(),
    ),
    (
        "sessions.prune",
        "UPDATE sessions SET revoked_at = NULL, last_seen_at = now() - interval '31 days' WHERE ip = ''",
        |tx, _, limit| tx.sessions().prune(Duration::MAX, limit).boxed(),
    ),
    (
        "pending_totps.prune",
        "INSERT INTO pending_totps (token_hash, user_id, provider, expires_at) \
         SELECT token_hash, user_id, 'x', now() FROM sessions WHERE ip = ''",
        |tx, _, limit| tx.pending_totps().prune(limit).boxed(),
    ),
    (
        "usage_samples.prune",
        "INSERT INTO usage_samples (app_id, bucket_start, user_id) SELECT id, now() - interval '1 day', user_id FROM apps",
        |tx, _, limit| tx.usage_samples().prune(DateTime::<Utc>::MAX_UTC, limit).boxed(),
    ),
    ("webhooks.prune_deliveries", "SELECT 1", |tx, _, limit| {
        tx.webhooks().prune_deliveries(DateTime::<Utc>::MAX_UTC, limit).boxed()
    }),
    (
        "jobs.prune",
        "UPDATE jobs SET completed_at = now() - interval '1 hour' WHERE status = 'completed'",
        |tx, _, limit| tx.jobs().prune(DateTime::<Utc>::MAX_UTC, limit).boxed(),
    ),
    ("domains.prune_claims", "SELECT 1", |tx, _, limit| {
        tx.domains().prune_claims(DateTime::<Utc>::MAX_UTC, limit).boxed()
    }),
    (
        "alerts.prune_resolved",
        "UPDATE alerts SET status = 'resolved', resolved_at = now()",
        |tx, _, limit| tx.alerts().prune_resolved(DateTime::<Utc>::MAX_UTC, limit).boxed(),
    ),
    (
        "deployments.prune_logs",
        "UPDATE deployments SET build_logs = 'x', finished_at = now() - interval '1 hour'",
        |tx, _, limit| tx.deployments().prune_logs(DateTime::<Utc>::MAX_UTC, limit).boxed(),
    ),
    (
        "jobs.fail_stuck",
        "INSERT INTO jobs (app_id, job_type, status, payload, worker_id, updated_at) \
         SELECT id, 'stop', 'processing', '', worker_id, now() - interval '1 hour' FROM apps WHERE name LIKE 'shop-number-%'",
        |tx, _, limit| {
            let build_timeout = Duration::from_mins(10);
            async move { Ok(tx.jobs().fail_stuck(build_timeout, limit).await?.len()) }.boxed()
        },
    ),
    (
        "workers.mark_silent_offline",
        "INSERT INTO workers (name, api_key_hash, status, last_heartbeat_at) \
         SELECT 'silent-' || n, md5(n::text) || md5('worker ' || n), 'online', now() - interval '1 hour' \
         FROM generate_series(1, 600) AS n",
        |tx, _, limit| {
            let silence = Duration::from_mins(30);
            async move { Ok(tx.workers().mark_silent_offline(silence, limit).await?.len()) }.boxed()
        },
    ),
    ("runtime_logs.newest", "SELECT 1", |tx, hostile_world, limit| {
        let apps: [AppId; 2] = [hostile_world.idle.app, hostile_world.eves.app];
        async move { Ok(tx.runtime_logs().newest(&apps, limit).await?.len()) }.boxed()
    }),
];

#[tokio::test]
async fn batches_are_bounded_and_what_is_left_waits_for_the_next() {
    let hostile_world = filled().await;
    for (operation, backlog, batch) in BATCHES {
        hostile_world.world.raw(backlog).await;
        let ask = async |limit| hostile_world.attempt(operation, *batch, limit).await;
        for limit in [-1, i64::MIN] {
            assert!(is_refused(ask(limit).await), "{operation} of {limit}");
        }
        let all = ask(10_000).await.unwrap();
        for (limit, length) in LIMITS {
            // Pruning takes more at a time than a page has.
            let length = match usize::try_from(*limit).unwrap() {
                _ if !operation.contains("prune") => *length,
                0 => all,
                most => all.min(most),
            };
            assert_eq!(ask(*limit).await.unwrap(), length, "{operation} of {limit}");
        }
    }
}

#[test]
fn a_page_of_a_negative_limit_does_not_exist() {
    for limit in [-1, -500, i64::MIN, i64::from(i32::MIN)] {
        assert!(is_refused(Page::<UserId>::of(limit)), "{limit}");
    }
}
