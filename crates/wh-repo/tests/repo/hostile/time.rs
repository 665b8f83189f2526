//! Time at its edges: of zones, of years, of what Postgres and chrono can hold. Nothing depends on the server's own zone.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use wh_plans::Plans;
use wh_repo::{Connector, Database, Error, NewLogLine, NewSession, NewUsageSample, Page, UsageScope};
use wh_types::{AppId, LogStream};

use super::hostile_world::{new_event, new_session};
use crate::support::{World, keys, settings};
use crate::usage_samples::sample;
use crate::webhooks::{delivery, webhook};

/// Zones whose days have 23, 24 and 25 hours, and none.
const ZONES: [&str; 4] = ["UTC", "Europe/Berlin", "America/New_York", "Pacific/Apia"];

fn instant(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// The database of a server in `zone`, whose clock stands at `now`. The driver asks for UTC by itself when it connects; the
/// statements are right without.
fn at(world: &World, zone: &str, now: DateTime<Utc>) -> Database {
    let options = format!("-c TimeZone={zone} -c wh.now={}", now.to_rfc3339());
    let options = options.replace(' ', "%20").replace('=', "%3D").replace('/', "%2F").replace('+', "%2B");
    let url = format!("{}?options={options}", world.postgres.url());
    Database::lazy(Connector::new(settings(&url, 1)).unwrap(), keys(), Plans::new())
}

#[tokio::test]
async fn a_span_of_days_is_as_long_in_every_zone() {
    let world = World::new().await;
    let ada = world.user("ada", "pro").await;
    let (days, second) = (TimeDelta::days, TimeDelta::seconds(1));
    for zone in ZONES {
        // The clocks of Berlin, and of New York, go forward or back within the spans that follow.
        for start in
            ["2026-02-20T12:00:00Z", "2026-03-27T00:30:00Z", "2026-10-24T01:30:00Z", "2028-02-28T12:00:00Z"]
        {
            let (what, start) = (format!("{zone} from {start}"), instant(start));
            let now = at(&world, zone, start);
            let token = secrecy::SecretString::from(what.clone());
            let session = now
                .sessions()
                .create(&NewSession { token: token.clone(), ..new_session(ada.id) })
                .await
                .unwrap();
            assert_eq!((session.created_at, session.last_seen_at), (start, start), "{what}");
            let hook = now.webhooks().create(&webhook(ada.id, &[])).await.unwrap();
            now.webhooks().record_delivery(&delivery(hook.id, 1, false)).await.unwrap();
            let day = Duration::from_hours(24);
            let [early, late] = [
                now.pending_totps().create(ada.id, "x", day).await.unwrap(),
                now.pending_totps().create(ada.id, "x", day).await.unwrap(),
            ];

            let before = at(&world, zone, start + days(30) - second);
            assert!(before.sessions().find_by_token(&token).await.unwrap().is_some(), "{what}");
            assert_eq!(
                before.sessions().list(ada.id, Page::default()).await.unwrap(),
                std::slice::from_ref(&session),
                "{what}"
            );
            assert_eq!(before.sessions().prune(Duration::MAX, 0).await.unwrap(), 0, "{what}");
            let then = at(&world, zone, start + days(30));
            assert!(then.sessions().find_by_token(&token).await.unwrap().is_none(), "{what}");
            assert!(then.sessions().bump_last_seen(session.id, "", "").await.is_err(), "{what}");
            assert_eq!(then.sessions().prune(Duration::MAX, 0).await.unwrap(), 0, "{what}");
            let after = at(&world, zone, start + days(30) + second);
            assert_eq!(after.sessions().prune(Duration::MAX, 0).await.unwrap(), 1, "{what}");

            let before = at(&world, zone, start + days(7) - second);
            assert_eq!(before.webhooks().stats(ada.id).await.unwrap().failed_7d, 1, "{what}");
            let then = at(&world, zone, start + days(7));
            assert_eq!(then.webhooks().stats(ada.id).await.unwrap().failed_7d, 0, "{what}");

            let before = at(&world, zone, start + days(1) - second);
            assert!(before.pending_totps().consume(&early).await.unwrap().is_some(), "{what}");
            let then = at(&world, zone, start + days(1));
            assert_eq!(then.pending_totps().consume(&late).await.unwrap(), None, "{what}");
            world.raw("DELETE FROM webhooks").await;
        }
    }
}

#[tokio::test]
async fn a_quarter_of_an_hour_and_a_minute_are_as_long_in_every_zone() {
    let world = World::new().await;
    let ada = world.user("ada", "business").await;
    let anvil = world.worker("anvil").await;
    let second = TimeDelta::seconds(1);
    for (n, zone) in ZONES.into_iter().enumerate() {
        for start in ["2026-03-29T00:59:30Z", "2026-10-25T00:55:00Z", "2026-11-01T05:50:00Z"] {
            let (what, start) = (format!("{zone} from {start}"), instant(start));
            let now = at(&world, zone, start);
            let name = format!("shop-{n}-{}", start.timestamp());
            let made = now.deployments().create(&crate::support::spec(&ada, &name)).await.unwrap();
            now.jobs().assign(made.job, anvil.id).await.unwrap();
            let job = now.jobs().claim(made.job, anvil.id).await.unwrap().job;
            assert_eq!((job.created_at, job.started_at), (start, Some(start)), "{what}");
            now.workers().mark_online(anvil.id).await.unwrap();
            let then = at(&world, zone, start + TimeDelta::minutes(15));
            assert_eq!(then.jobs().fail_stuck(Duration::from_mins(10), 0).await.unwrap(), [], "{what}");
            let silence = Duration::from_mins(15);
            assert_eq!(then.workers().mark_silent_offline(silence, 0).await.unwrap(), [], "{what}");
            let after = at(&world, zone, start + TimeDelta::minutes(15) + second);
            let failed = after.jobs().fail_stuck(Duration::from_mins(10), 0).await.unwrap();
            assert_eq!(failed.iter().map(|job| job.id).collect::<Vec<_>>(), [made.job], "{what}");
            assert_eq!(after.workers().mark_silent_offline(silence, 0).await.unwrap().len(), 1, "{what}");

            let session = now
                .sessions()
                .create(&NewSession { token: what.clone().into(), ..new_session(ada.id) })
                .await
                .unwrap();
            for (seconds, seen) in [(60, start), (61, start + TimeDelta::seconds(61))] {
                let later = at(&world, zone, start + TimeDelta::seconds(seconds));
                later.sessions().bump_last_seen(session.id, &session.ip, &session.user_agent).await.unwrap();
                let listed = later.sessions().list(ada.id, Page::of(1).unwrap()).await.unwrap();
                assert_eq!(listed[0].last_seen_at, seen, "{what}");
            }
        }
    }
}

#[tokio::test]
async fn an_instant_comes_back_as_it_was_stored_in_every_zone() {
    let world = World::new().await;
    let ada = world.user("ada", "pro").await;
    let app = world.app(&ada, "first-shop").await.app;
    for zone in ZONES {
        world.raw("DELETE FROM usage_samples; DELETE FROM runtime_logs").await;
        let db = at(&world, zone, instant("2028-02-29T23:59:59.999999Z"));
        let event = db.audit_events().record(&new_event(ada.id)).await.unwrap();
        assert_eq!(event.created_at, instant("2028-02-29T23:59:59.999999Z"));
        for (given, stored) in [
            ("2026-03-29T01:59:59.999999Z", "2026-03-29T01:59:59.999999Z"),
            ("2026-03-29T02:30:00Z", "2026-03-29T02:30:00Z"),
            ("2026-03-29T02:30:00+02:00", "2026-03-29T00:30:00Z"),
            ("2026-10-25T00:30:00Z", "2026-10-25T00:30:00Z"),
            ("2026-10-25T01:30:00Z", "2026-10-25T01:30:00Z"),
            ("2028-02-29T00:00:00Z", "2028-02-29T00:00:00Z"),
            ("2028-02-29T23:55:00Z", "2028-02-29T23:55:00Z"),
            ("2100-02-28T23:59:59Z", "2100-02-28T23:59:59Z"),
            // A second of its own for chrono, the first one of the next day for Postgres.
            ("2016-12-31T23:59:60.5Z", "2017-01-01T00:00:00.5Z"),
            ("2026-01-01T00:00:00.123456789Z", "2026-01-01T00:00:00.123456Z"),
            ("1969-12-31T23:59:59.000001Z", "1969-12-31T23:59:59.000001Z"),
            ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
            ("-0001-12-31T23:59:59Z", "-0001-12-31T23:59:59Z"),
            ("-4713-11-24T00:00:00Z", "-4713-11-24T00:00:00Z"),
            ("9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"),
            ("+262142-12-31T23:59:59Z", "+262142-12-31T23:59:59Z"),
        ] {
            let (bucket_start, stored) = (instant(given), instant(stored));
            let new = NewUsageSample { bucket_start, ..sample(app, 0) };
            let kept = db.usage_samples().upsert(&new).await.unwrap();
            assert_eq!((kept.bucket_start, kept.samples), (stored, 1), "{given} in {zone}");
            assert_eq!(db.usage_samples().upsert(&new).await.unwrap().samples, 2, "{given}: the same bucket");
            let scope = UsageScope::App(app);
            let listed =
                db.usage_samples().list(scope, bucket_start, stored + TimeDelta::microseconds(1)).await;
            assert_eq!(listed.unwrap().len(), 1, "{given} in {zone}");
            assert_eq!(db.usage_samples().list(scope, stored, stored).await.unwrap(), [], "no time");

            let line = NewLogLine { logged_at: bucket_start, ..line(app, given) };
            assert_eq!(db.runtime_logs().save(&[line]).await.unwrap(), 1);
        }
        let all = db.usage_samples().list(
            UsageScope::User(ada.id),
            DateTime::<Utc>::MIN_UTC,
            DateTime::<Utc>::MAX_UTC,
        );
        let buckets: Vec<_> = all.await.unwrap().into_iter().map(|sample| sample.bucket_start).collect();
        assert!(buckets.len() == 16 && buckets.is_sorted(), "{buckets:?}");
        let lines = db.runtime_logs().newest(&[app], 0).await.unwrap();
        // A log line is at most as new as the database.
        let now = instant("2028-02-29T23:59:59.999999Z");
        let stored: Vec<_> = buckets.iter().map(|bucket| (*bucket).min(now)).collect();
        assert_eq!(lines.iter().map(|line| line.logged_at).collect::<Vec<_>>(), stored);
        assert_eq!(db.usage_samples().prune(DateTime::<Utc>::MIN_UTC, 0).await.unwrap(), 0);
        assert_eq!(
            db.usage_samples().prune(buckets[1], 0).await.unwrap(),
            1,
            "what began before, and not at"
        );
        assert_eq!(db.usage_samples().prune(DateTime::<Utc>::MAX_UTC, 0).await.unwrap(), 15);
    }
}

fn line(app: AppId, text: &str) -> NewLogLine {
    NewLogLine {
        app,
        worker: None,
        stream: LogStream::Stdout,
        line: text.to_owned(),
        logged_at: DateTime::UNIX_EPOCH,
    }
}

#[tokio::test]
async fn an_instant_that_postgres_does_not_know_is_refused_and_the_transaction_goes_on() {
    let world = World::new().await;
    let ada = world.user("ada", "pro").await;
    let app = world.app(&ada, "first-shop").await.app;
    for lost in [
        DateTime::<Utc>::MIN_UTC,
        instant("-4713-11-23T23:59:59.999999Z"),
        instant("-262000-01-01T00:00:00Z"),
    ] {
        world
            .db
            .transaction(async |tx| {
                let new = NewUsageSample { bucket_start: lost, ..sample(app, 0) };
                let refusal = tx.usage_samples().upsert(&new).await.unwrap_err();
                assert!(
                    matches!(&refusal, Error::Invalid(_)) && refusal.to_string().contains("bucket_start"),
                    "{refusal}"
                );
                let lines = [line(app, "good"), NewLogLine { logged_at: lost, ..line(app, "lost") }];
                let refusal = tx.runtime_logs().save(&lines).await.unwrap_err();
                assert!(
                    matches!(&refusal, Error::Invalid(_)) && refusal.to_string().contains("logged_at"),
                    "{refusal}"
                );
                assert_eq!(tx.usage_samples().list(UsageScope::App(app), lost, lost).await?, []);
                assert_eq!(tx.usage_samples().prune(lost, 0).await?, 0);
                let backwards =
                    tx.usage_samples().list(UsageScope::App(app), DateTime::<Utc>::MAX_UTC, lost).await;
                assert!(matches!(backwards, Err(Error::Invalid(_))));
                tx.users().find(ada.id).await
            })
            .await
            .unwrap()
            .expect("Ada is there");
    }
}

#[tokio::test]
async fn a_day_of_log_lines_is_a_day_of_utc_in_every_zone() {
    let world = World::new().await;
    let ada = world.user("ada", "pro").await;
    let app = world.app(&ada, "first-shop").await.app;
    for (n, zone) in ZONES.into_iter().enumerate() {
        let year = 2026 + n;
        world
            .raw(&format!(
                "SET TimeZone = '{zone}'; SELECT runtime_logs_create_partitions(date '{year}-03-29', 2)"
            ))
            .await;
        let db = at(&world, zone, instant("2040-01-01T00:00:00Z"));
        let times =
            ["03-28T23:59:59.999999Z", "03-29T00:00:00Z", "03-29T23:59:59.999999Z", "03-30T00:00:00Z"];
        let lines =
            times.map(|time| NewLogLine { logged_at: instant(&format!("{year}-{time}")), ..line(app, time) });
        db.runtime_logs().save(&lines).await.unwrap();
        let days = world
            .raw(&format!(
                "SELECT string_agg(replace(tableoid::regclass::text, 'runtime_logs_', ''), ' ' ORDER BY logged_at) \
                 FROM runtime_logs WHERE logged_at >= '{year}-01-01Z'"
            ))
            .await;
        assert_eq!(days, format!("default {year}0329 {year}0329 {year}0330"), "{zone}");
    }
}
