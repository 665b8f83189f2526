//! The operators' program as a process: what it prints, and how it ends.
#![expect(clippy::unwrap_used, reason = "a test that cannot arrange its world must stop")]

use std::process::{Command, Output};
use std::time::Duration;

use wh_data::DataLayer;
use wh_data::config::{Config, Sources};
use wh_data::types::UserId;
use wh_testkit::{TestDatabase, eventually};

const SETTINGS: &[(&str, &str)] = &[
    ("WH_DATABASE__PASSWORD", "x"),
    ("WH_API_SERVER__SECRET", "a server secret for tests"),
    ("WH_CONTAINER__PORT_RANGE_START", "30000"),
    ("WH_CONTAINER__PORT_RANGE_END", "31000"),
    ("WH_PLATFORM__DOMAIN", "acme.dev"),
];

/// The program with a configuration, these settings over it, and nothing of this process'.
fn program(arguments: &[&str], url: &str, settings: &[(&str, &str)]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_wh-data"))
        .args(arguments)
        .current_dir(std::env::temp_dir())
        .env_remove("CONFIG_PATH")
        .env("DATABASE_URL", url)
        .envs(SETTINGS.iter().chain(settings).copied())
        .output()
        .unwrap()
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// A set-up that is broken by a statement or a setting, and what has to be found in it.
struct Broken {
    statement: &'static str,
    settings: &'static [(&'static str, &'static str)],
    subject: &'static str,
    problem: &'static str,
    remedy: &'static str,
    faulty: bool,
}

const fn by_statement(
    statement: &'static str,
    [subject, problem, remedy]: [&'static str; 3],
    faulty: bool,
) -> Broken {
    Broken { statement, settings: &[], subject, problem, remedy, faulty }
}

const fn by_settings(
    settings: &'static [(&'static str, &'static str)],
    [subject, problem, remedy]: [&'static str; 3],
) -> Broken {
    Broken { statement: "", settings, subject, problem, remedy, faulty: true }
}

const NO_REDIS: &[(&str, &str)] = &[("WH_REDIS__ADDR", "127.0.0.1:1")];
const NO_MAIL: &[(&str, &str)] = &[
    ("WH_SMTP__HOST", "127.0.0.1"),
    ("WH_SMTP__PORT", "1"),
    ("WH_SMTP__ACCOUNT", "a@acme.dev"),
    ("WH_SMTP__PASSWORD", "word"),
];
const PORT_OF_WORDS: &[(&str, &str)] = &[("WH_DATABASE__PORT", "many")];

const BROKEN: &[Broken] = &[
    by_statement("UPDATE schema_migrations SET dirty = true", ["schema", "dirty", "migrate force"], true),
    by_statement(
        "UPDATE schema_migrations SET version = version - 1",
        ["schema", "1 migrations are pending", "wh-data migrate"],
        true,
    ),
    by_statement(
        "UPDATE schema_migrations SET version = 90000",
        ["schema", "newer than this program", "services' version"],
        false,
    ),
    by_statement(
        "INSERT INTO users (id, email, google_id, name) OVERRIDING SYSTEM VALUE VALUES (77, 'ada@example.org', '1', '')",
        ["database", "rows have ids up to 77", "wh-data repair-sequences"],
        true,
    ),
    by_statement(
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_isolation = serializable', current_database()); END $$",
        ["database", "default_transaction_isolation is serializable", "RESET default_transaction_isolation"],
        false,
    ),
    by_statement(
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = app', current_database()); END $$",
        ["database", "search_path is app", "RESET search_path"],
        false,
    ),
    by_statement(
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = on', current_database()); END $$",
        ["database", "every write fails", "RESET default_transaction_read_only"],
        true,
    ),
    by_statement(
        "DO $$ DECLARE day text; BEGIN FOR day IN SELECT inhrelid::regclass::text FROM pg_inherits \
         WHERE inhparent = 'runtime_logs'::regclass AND inhrelid <> 'runtime_logs_default'::regclass \
         LOOP EXECUTE 'DROP TABLE ' || day; END LOOP; END $$",
        ["database", "no partition for tomorrow", "wh-data maintain"],
        false,
    ),
    by_settings(
        &[("WH_API_SERVER__SECRET", "the secret of somebody else")],
        ["keys", "which no server secret gives", "api_server.previous_secrets"],
    ),
    by_statement(
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET wh.now = %L', current_database(), now() + interval '1 hour'); END $$",
        ["clock", "s ahead of this machine", "NTP"],
        false,
    ),
    Broken { faulty: false, ..by_settings(NO_REDIS, ["redis", "does not answer", "section redis"]) },
    Broken { faulty: false, ..by_settings(NO_MAIL, ["mail", "127.0.0.1:1", "smtp.host"]) },
    // A fault of one section hides nothing of the others.
    Broken {
        statement: "UPDATE schema_migrations SET dirty = true",
        ..by_settings(PORT_OF_WORDS, ["schema", "dirty", "migrate force"])
    },
    by_settings(
        &[("WH_DATABASE__PORT", "many"), ("WH_API_SERVER__SECRET", "the secret of somebody else")],
        ["keys", "which no server secret gives", "api_server.previous_secrets"],
    ),
    by_settings(
        &[("WH_DATABASE__PORT", "many"), ("WH_REDIS__ADDR", "127.0.0.1:1")],
        ["redis", "does not answer", "section redis"],
    ),
    by_settings(
        &[("WH_DATABASE__PGBOUNCER", "true"), ("WH_DATABASE__HOST", "127.0.0.1"), ("WH_DATABASE__PORT", "1")],
        ["pooler", "127.0.0.1:1", "database.pgbouncer"],
    ),
    by_settings(PORT_OF_WORDS, ["configuration", "database.port", "correct"]),
    by_settings(
        &[("DATABASE_URL", "postgres://me@127.0.0.1:1/shop")],
        ["database", "127.0.0.1:1", "start that server"],
    ),
];

#[tokio::test]
async fn the_doctor_names_what_is_broken_and_its_remedy() {
    for broken in BROKEN {
        let postgres = TestDatabase::new().await;
        let start =
            SETTINGS.iter().fold(Sources::new(), |sources, (name, value)| sources.variable(*name, *value));
        let config = Config::from_sources(start).unwrap();
        let keys = wh_data::key_ring(&config.server_secrets()).unwrap();
        let settings = wh_data::repo::DatabaseSettings::new(postgres.url().into());
        let layer = DataLayer::open(settings, keys, wh_data::plans::Plans::new()).await.unwrap();
        layer.db().maintenance().run(&wh_data::maintenance_options(&config)).await.unwrap();
        let ours = |text: &str| text.contains(broken.problem);
        let healthy = program(&["doctor"], postgres.url(), &[]);
        assert!(healthy.status.success() && !ours(&text(&healthy)), "{}", text(&healthy));

        if !broken.statement.is_empty() {
            postgres.execute(broken.statement).await;
        }
        let output = program(&["doctor", "--json"], postgres.url(), broken.settings);
        let told = text(&output);
        assert_eq!(output.status.code(), Some(i32::from(broken.faulty)), "{told}");
        let findings: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let found = findings.as_array().unwrap().iter().find(|finding| {
            finding["subject"] == broken.subject && ours(finding["problem"].as_str().unwrap())
        });
        let remedy = found.unwrap_or_else(|| unreachable!("{told}"))["remedy"].as_str().unwrap();
        assert!(remedy.contains(broken.remedy), "{told}");
    }
}

#[tokio::test]
async fn a_database_is_migrated_maintained_and_repaired() {
    let postgres = TestDatabase::empty().await;
    let run = |arguments: &[&str]| {
        let output = program(arguments, postgres.url(), &[("WH_JOBS__BUILD_TIMEOUT", "77m")]);
        (output.status.code(), text(&output))
    };
    let (status, told) = run(&["migrate"]);
    assert!(status == Some(0) && told.contains("the schema went from version 0"), "{told}");
    let (status, told) = run(&["migrate", "status"]);
    assert!(status == Some(0) && told.contains("nothing is pending"), "{told}");
    let (status, told) = run(&["maintain"]);
    assert!(status == Some(0) && told.contains("a build may be silent for 4620 s"), "{told}");

    postgres
        .execute("INSERT INTO users (id, email, google_id, name) OVERRIDING SYSTEM VALUE VALUES (77, 'ada@example.org', '1', 'Ada')")
        .await;
    postgres.execute("INSERT INTO audit_events (user_id, kind) VALUES (77, 'login'), (77, 'logout')").await;
    let (status, told) = run(&["audit", "verify"]);
    assert!(
        status == Some(0) && told.contains("2 links of 1 users: 0 with a fault, 1 without a seal"),
        "{told}"
    );
    let (status, told) = run(&["audit", "export", "77"]);
    assert!(status == Some(0) && told.contains(r#""kind":"logout""#) && told.contains("3 lines"), "{told}");
    postgres
        .execute("SET session_replication_role = replica; UPDATE audit_events SET kind = 'login' WHERE kind = 'logout'")
        .await;
    for arguments in [&["audit", "verify"][..], &["audit", "verify", "77"]] {
        let (status, told) = run(arguments);
        assert!(
            status == Some(1)
                && told.contains("user 77, place 2, event 2: the event or its link was changed"),
            "{told}"
        );
    }
    let (status, told) = run(&["repair-sequences"]);
    assert!(status == Some(0) && told.contains("users.id: the next id is 78, and was 1"), "{told}");
    let (status, told) = run(&["users", "set-plan", "77", "pro"]);
    assert!(status == Some(0) && told.contains("plan pro  active"), "{told}");
    let (status, told) = run(&["users", "set-active", "77", "false"]);
    assert!(status == Some(0) && told.contains("deactivated"), "{told}");
    let (status, told) = run(&["users", "show", "78"]);
    assert!(status == Some(1) && told.contains("error: no such user"), "{told}");
    let (status, told) = run(&["maintain", "--every", "5"]);
    assert!(status == Some(2) && told.contains("like 30s, 5m or 1h"), "{told}");
}

#[tokio::test]
async fn a_fault_of_its_own_section_is_told_and_one_of_another_is_nothing_to_a_command() {
    let postgres = TestDatabase::new().await;
    let run = |arguments: &[&str], settings| {
        let output = program(arguments, postgres.url(), settings);
        (output.status.code(), text(&output))
    };
    let (status, told) = run(&["maintain"], &[("WH_JOBS__BUILD_TIMEOUT", "soon")]);
    assert!(status == Some(1) && told.contains("jobs.build_timeout"), "{told}");
    let (status, told) =
        run(&["maintain"], &[("WH_JOBS__BUILD_TIMEOUT", "77m"), ("WH_DATABASE__PORT", "many")]);
    assert!(status == Some(0) && told.contains("4620 s"), "{told}");
    for arguments in [&["plans"][..], &["users", "show", "1"]] {
        let (status, told) = run(arguments, &[("WH_PLANS__PRO__CPU", "much")]);
        assert!(status == Some(1) && told.contains("plans.pro.cpu"), "{told}");
        let (_, told) = run(arguments, &[("WH_DATABASE__PORT", "many")]);
        assert!(!told.contains("database.port"), "{told}");
    }
}

#[tokio::test]
async fn a_service_that_runs_sees_what_the_program_changed_of_a_user() {
    let postgres = TestDatabase::new().await;
    let keys = wh_data::crypto::KeyRing::new(&"a server secret for tests".into(), &[]).unwrap();
    let settings = wh_data::repo::DatabaseSettings::new(postgres.url().into());
    let layer = DataLayer::open(settings, keys, wh_data::plans::Plans::new()).await.unwrap();
    // While it hears nothing, a cache keeps nothing for long.
    let patient = wh_data::cache::CacheSettings { deaf_ttl: Duration::from_mins(5), ..Default::default() };
    let layer = layer.with_cache(wh_data::cache::Cache::in_process(patient));
    let users = layer.db().users();
    let cache = layer.cache().unwrap().clone();
    eventually("the service hears", async || !format!("{cache:?}").contains("Deaf")).await;
    postgres.execute("INSERT INTO users (email, google_id) VALUES ('ada@example.org', '1')").await;
    let ada = UserId::new(1);
    assert_eq!(users.find(ada).await.unwrap().unwrap().plan, "free");
    postgres.execute("UPDATE users SET name = 'Ada' WHERE id = 1").await;
    assert_eq!(users.find(ada).await.unwrap().unwrap().name, "", "the service keeps the row");

    let output = program(&["users", "set-plan", "1", "pro"], postgres.url(), &[]);
    assert!(output.status.success(), "{}", text(&output));
    eventually("the plan has changed", async || users.find(ada).await.unwrap().unwrap().plan == "pro").await;
    let output = program(&["users", "set-active", "1", "false"], postgres.url(), &[]);
    assert!(output.status.success(), "{}", text(&output));
    eventually("the account has ended", async || !users.find(ada).await.unwrap().unwrap().is_active).await;
}

#[tokio::test]
async fn a_worker_is_registered_once_and_its_key_printed_alone() {
    let postgres = TestDatabase::new().await;
    let add = ["workers", "add", "worker-1", "--zone", "w1.acme.dev", "--cpu", "500m", "--memory", "8GiB"];
    let output = program(&add, postgres.url(), &[]);
    assert!(output.status.success(), "{}", text(&output));
    let key = String::from_utf8(output.stdout).unwrap();
    assert!(!String::from_utf8_lossy(&output.stderr).contains(key.trim()));
    // What the database knows is what coreutils say of the printed key.
    let hash = Command::new("sh").args(["-c", "printf %s \"$0\" | sha256sum", key.trim()]).output().unwrap();
    let hash = text(&hash).split_whitespace().next().unwrap().to_owned();
    let client = postgres.client().await;
    let row = client
        .query_one("SELECT api_key_hash, zone, capacity_cpu, capacity_memory_mib FROM workers WHERE name = 'worker-1'", &[])
        .await
        .unwrap();
    assert_eq!((row.get::<_, String>(0), row.get::<_, String>(1)), (hash, "w1.acme.dev".to_owned()));
    assert_eq!((row.get::<_, i32>(2), row.get::<_, i32>(3)), (500, 8192));
    let again = program(&add, postgres.url(), &[]);
    assert!(
        !again.status.success() && text(&again).contains("a worker \"worker-1\" already"),
        "{}",
        text(&again)
    );
}

#[test]
fn what_needs_no_server_is_printed() {
    let run = |arguments: &[&str]| program(arguments, "", &[("WH_PLANS__PRO__MAX_APPS", "77")]);
    let plans = run(&["plans", "--json"]);
    let plans: serde_json::Value = serde_json::from_slice(&plans.stdout).unwrap();
    assert!(
        plans.as_array().unwrap().iter().any(|plan| plan["id"] == "pro" && plan["max_apps"] == 77),
        "{plans}"
    );
    let shown = text(&run(&["config", "show"]));
    assert!(shown.contains("acme.dev") && !shown.contains("a server secret for tests"), "{shown}");
    assert!(text(&run(&["config", "example"])).contains("\ndatabase:\n"));
    assert!(text(&run(&["completions", "bash"])).contains("repair-sequences"));
    assert_eq!(run(&["plans", "--yaml"]).status.code(), Some(2));
}

/// The units of the page for operators, as systemd reads them. Where there is no systemd, nobody reads them.
#[test]
fn systemd_takes_the_units_of_the_operations_page() {
    const PAGE: &str = include_str!("../../../docs/operations.md");
    let folder = tempfile::tempdir().unwrap();
    let mut units = Vec::new();
    for block in PAGE.split("```ini\n# /etc/systemd/system/").skip(1) {
        let (name, text) = block.split_once('\n').unwrap();
        let text = text.split("```").next().unwrap();
        // Installed here, for this test.
        let text = text.replace("/usr/local/bin/wh-data", env!("CARGO_BIN_EXE_wh-data"));
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        units.push(path);
    }
    assert_eq!(units.len(), 2);
    let Ok(output) = Command::new("systemd-analyze").arg("verify").args(&units).output() else { return };
    assert!(output.status.success(), "{}", text(&output));
    assert_eq!(text(&output), "");
}
