//! Log lines, in and out.

use chrono::{DateTime, TimeDelta, Utc};

use wh_repo::{NewLogLine, RuntimeLogs};
use wh_types::{AppId, LogStream, WorkerId};

use crate::support::World;

fn noon() -> DateTime<Utc> {
    DateTime::from_timestamp(1_790_000_000, 0).unwrap()
}

fn line(app: AppId, second: i64, text: &str) -> NewLogLine {
    NewLogLine {
        app,
        worker: None,
        stream: LogStream::Stdout,
        line: text.to_owned(),
        logged_at: noon() + TimeDelta::seconds(second),
    }
}

async fn two_apps(world: &World) -> (AppId, AppId) {
    let ada = world.user("ada", "pro").await;
    (world.app(&ada, "first-shop").await.app, world.app(&ada, "second-shop").await.app)
}

#[tokio::test]
async fn the_newest_lines_of_several_apps_come_oldest_first() {
    let world = World::new().await;
    let (first, second) = two_apps(&world).await;
    let lines: Vec<_> =
        (0..10).map(|n| line(if n % 2 == 0 { first } else { second }, n, &format!("line {n}"))).collect();
    assert_eq!(world.db.runtime_logs().save(&lines).await.unwrap(), 10);

    let newest = async |apps: &[AppId], limit| -> Vec<String> {
        let lines = world.db.runtime_logs().newest(apps, limit).await.unwrap();
        lines.into_iter().map(|line| line.line).collect()
    };
    assert_eq!(newest(&[first, second], 4).await, ["line 6", "line 7", "line 8", "line 9"]);
    assert_eq!(newest(&[second], 2).await, ["line 7", "line 9"]);
    assert_eq!(newest(&[first, second, first], 0).await.len(), 10, "an app named twice counts once");
    assert_eq!(newest(&[], 10).await, <[String; 0]>::default());
    assert_eq!(newest(&[AppId::new(404)], 10).await, <[String; 0]>::default());
    assert!(world.db.runtime_logs().newest(&[first], -1).await.is_err());
}

#[tokio::test]
async fn lines_of_one_instant_keep_their_order() {
    let world = World::new().await;
    let (first, _) = two_apps(&world).await;
    let lines: Vec<_> = (0..500).map(|n| line(first, 0, &n.to_string())).collect();
    world.db.runtime_logs().save(&lines).await.unwrap();
    let read = world.db.runtime_logs().newest(&[first], 500).await.unwrap();
    let order: Vec<i32> = read.iter().map(|line| line.line.parse().unwrap()).collect();
    assert_eq!(order, (0..500).collect::<Vec<_>>());
}

#[tokio::test]
async fn lines_are_cleaned_and_cut_on_the_way_in() {
    let world = World::new().await;
    let (first, _) = two_apps(&world).await;
    let long = "ä".repeat(10_000);
    world
        .db
        .runtime_logs()
        .save(&[line(first, 0, "\u{1b}[31mred\u{1b}[0m\0 \u{202e}rtl 🦀 'quoted'"), line(first, 1, &long)])
        .await
        .unwrap();
    let read = world.db.runtime_logs().newest(&[first], 10).await.unwrap();
    assert_eq!(read[0].line, "red \u{202e}rtl 🦀 'quoted'");
    assert_eq!(read[1].line.len(), 8192);
}

#[tokio::test]
async fn lines_of_an_app_that_is_gone_do_not_take_the_others_with_them() {
    let world = World::new().await;
    let (first, _) = two_apps(&world).await;
    let stored =
        world.db.runtime_logs().save(&[line(AppId::new(404), 0, "lost"), line(first, 0, "kept")]).await;
    assert_eq!(stored.unwrap(), 1);
}

#[tokio::test]
async fn ten_thousand_lines_are_one_call_and_one_more_is_refused() {
    let world = World::new().await;
    let (first, _) = two_apps(&world).await;
    let mut lines: Vec<_> = (0..10_000).map(|n| line(first, n / 10, "…")).collect();
    assert_eq!(world.db.runtime_logs().save(&lines).await.unwrap(), RuntimeLogs::MAX_BATCH);
    lines.push(line(first, 0, "one too many"));
    let refusal = world.db.runtime_logs().save(&lines).await.unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "lines is out of bounds: 10001 lines are too many for one call: at most 10000"
    );
    assert_eq!(world.db.runtime_logs().save(&[]).await.unwrap(), 0);
}

#[tokio::test]
async fn a_clock_that_is_ahead_does_not_hide_the_lines_of_today() {
    let world = World::new().await;
    let name = world.postgres.name();
    world.postgres.execute(&format!("ALTER DATABASE {name} SET wh.now = '2028-02-29 12:00:00+00'")).await;
    let db = crate::support::open(world.postgres.url(), 4).await;
    let (first, _) = two_apps(&world).await;
    let now: DateTime<Utc> = "2028-02-29T12:00:00Z".parse().unwrap();
    let at = |text: &str, logged_at| NewLogLine { logged_at, ..line(first, 0, text) };
    let lines = [
        at("a year ahead", now + TimeDelta::days(365)),
        at("the end of time", DateTime::<Utc>::MAX_UTC),
        at("a little ahead", now + TimeDelta::seconds(30)),
        at("late", now - TimeDelta::hours(1)),
    ];
    assert_eq!(db.runtime_logs().save(&lines).await.unwrap(), 4);

    let name = world.postgres.name();
    world.postgres.execute(&format!("ALTER DATABASE {name} SET wh.now = '2028-02-29 12:01:00+00'")).await;
    let later = crate::support::open(world.postgres.url(), 4).await;
    later.runtime_logs().save(&[at("today", now + TimeDelta::minutes(1))]).await.unwrap();

    let newest = later.runtime_logs().newest(&[first], 10).await.unwrap();
    let read: Vec<_> = newest.iter().map(|line| (line.line.as_str(), line.logged_at - now)).collect();
    let (none, minute) = (TimeDelta::zero(), TimeDelta::minutes(1));
    assert_eq!(
        read,
        [
            ("late", TimeDelta::hours(-1)),
            ("a year ahead", none),
            ("the end of time", none),
            ("a little ahead", TimeDelta::seconds(30)),
            ("today", minute)
        ]
    );
}

#[tokio::test]
async fn a_worker_that_never_was_is_not_recorded() {
    let world = World::new().await;
    let (first, _) = two_apps(&world).await;
    let anvil = world.worker("anvil").await.id;
    let by = |worker, n| NewLogLine { worker, ..line(first, n, "hello") };
    let lines =
        [by(Some(anvil), 0), by(Some(WorkerId::new(404)), 1), by(None, 2), by(Some(WorkerId::new(-1)), 3)];
    assert_eq!(world.db.runtime_logs().save(&lines).await.unwrap(), 4);
    let read = world.db.runtime_logs().newest(&[first], 10).await.unwrap();
    assert_eq!(read.iter().map(|line| line.worker_id).collect::<Vec<_>>(), [Some(anvil), None, None, None]);
}

#[tokio::test]
async fn a_progress_bar_is_stored_as_a_terminal_shows_it() {
    let world = World::new().await;
    let (first, _) = two_apps(&world).await;
    let lines = [line(first, 0, "10%\r20%\r\n"), line(first, 1, "\u{1b}]error: disk full")];
    world.db.runtime_logs().save(&lines).await.unwrap();
    let read = world.db.runtime_logs().newest(&[first], 10).await.unwrap();
    assert_eq!(read.iter().map(|line| line.line.as_str()).collect::<Vec<_>>(), ["20%", "error: disk full"]);
}
