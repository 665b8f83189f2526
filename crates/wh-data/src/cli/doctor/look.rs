//! The looks that the doctor takes.

use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::timeout;
use wh_config::{Config, MailTransport, Redis, ServerSecrets, Smtp};
use wh_crypto::{KeyId, KeyRing};
use wh_plans::Plans;
use wh_schema::inspect::inspect;
use wh_schema::migrations;

use super::Finding;
use crate::cli::database::{Database, DatabaseArguments, Elsewhere};

/// The longest that a server may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// How far the clock of the database may be from the one of this machine, in seconds.
const SKEW: i64 = 5;

/// The server, its settings, the schema, the clock and the keys. The configuration was looked at already.
pub(super) async fn at_database(
    arguments: DatabaseArguments,
    elsewhere: Elsewhere,
    secrets: Option<&ServerSecrets>,
    findings: &mut Vec<Finding>,
) {
    let database = match Database::find(arguments, elsewhere) {
        Ok(database) => database,
        Err(error) => return findings.push(Finding::fault("database", &error, "correct the settings")),
    };
    let conn = match database.connector().connect().await {
        Ok(conn) => conn,
        Err(error) => {
            let remedy = format!("start that server, or correct where it is: {database}");
            return findings.push(Finding::fault("database", &error, remedy));
        }
    };
    match inspect(&conn).await {
        Ok(found) => findings.extend(found.into_iter().map(Finding::from)),
        Err(error) => findings.push(Finding::fault(
            "database",
            &error,
            "connect as the owner of the tables, or grant what is refused",
        )),
    }
    if !at_schema(conn, findings).await {
        return;
    }
    let ring = match secrets.map(crate::key_ring) {
        Some(Ok(ring)) => Some(ring),
        Some(Err(error)) => {
            findings.push(Finding::fault("keys", &error, "set api_server.secret"));
            None
        }
        None => None,
    };
    let own = ring.as_ref().map(KeyRing::ids);
    // The clock needs no key.
    let Some(ring) = ring.or_else(|| KeyRing::new(&"nothing is read with it".into(), &[]).ok()) else {
        return;
    };
    let db = wh_repo::Database::lazy(database.connector(), ring, Plans::new());
    at_clock(&db, findings).await;
    if let Some(own) = own {
        at_keys(&db, &own, findings).await;
    }
}

/// Whether the database and this machine agree on the time.
#[expect(clippy::disallowed_methods, reason = "this machine's clock is what is looked at")]
async fn at_clock(db: &wh_repo::Database, findings: &mut Vec<Finding>) {
    let before = chrono::Utc::now();
    let there = match db.apps().now().await {
        Ok(there) => there,
        Err(error) => {
            return findings.push(Finding::fault("clock", &error, "grant the role what it needs to read"));
        }
    };
    let after = chrono::Utc::now();
    let skew = if there < before { there - before } else { (there - after).max(chrono::TimeDelta::zero()) };
    if skew.num_seconds().abs() > SKEW {
        let (seconds, way) =
            (skew.num_seconds().abs(), if skew < chrono::TimeDelta::zero() { "behind" } else { "ahead of" });
        findings.push(Finding::warning(
            "clock",
            &format!("the database is {seconds} s {way} this machine: its times decide, and tokens of this machine end too early or too late"),
            "let both machines follow one time server (NTP), and see that nobody set wh.now for a role or a database",
        ));
    }
}

/// Whether services reach the database through the pooler, as they will.
pub(super) async fn at_pooler(config: &Config, findings: &mut Vec<Finding>) {
    if !config.database.pgbouncer {
        return;
    }
    let Ok(ring) = crate::key_ring(&config.server_secrets()) else { return };
    let settings = crate::database_settings(config).with_connections(1);
    if let Err(error) = wh_repo::Database::connect(settings, ring, Plans::new()).await {
        findings.push(Finding::fault(
            "pooler",
            &error,
            "mend the pooler, or correct database.host, database.port and database.pgbouncer: docs/operations.md lists its settings",
        ));
    }
}

/// False where the schema is not the one that this version needs.
async fn at_schema(conn: diesel_async::AsyncPgConnection, findings: &mut Vec<Finding>) -> bool {
    let status = match migrations::status(conn).await {
        Ok(status) => status,
        Err(error) => {
            findings.push(Finding::fault("schema", &error, "`wh-data migrate status` says more"));
            return false;
        }
    };
    let (version, pending) = (status.version, status.pending().count());
    if status.dirty {
        findings.push(Finding::fault(
            "schema",
            &format!("dirty at version {version}: a migration to it did not end"),
            format!(
                "complete or undo what of it is in the database, then `wh-data migrate force {version}`, or the version before"
            ),
        ));
    } else if status.is_ahead() {
        findings.push(Finding::warning(
            "schema",
            &format!("at version {version}, which is newer than this program"),
            "use the program of the services' version",
        ));
    } else if pending > 0 {
        findings.push(Finding::fault(
            "schema",
            &format!("at version {version}, {pending} migrations are pending"),
            "`wh-data migrate`",
        ));
    }
    !status.dirty && pending == 0
}

/// Whether the server secrets read what is stored.
async fn at_keys(db: &wh_repo::Database, own: &[KeyId], findings: &mut Vec<Finding>) {
    let remedy = "add the secret that is missing to api_server.previous_secrets: `wh-data secrets status` says what is stored";
    match db.secrets().keys().await {
        Ok(keys) => {
            for key in keys.iter().filter(|key| !own.contains(&key.id)) {
                let problem = format!("stored values may need key {}, which no server secret gives", key.id);
                findings.push(Finding::fault("keys", &problem, remedy));
            }
        }
        Err(error) => findings.push(Finding::fault("keys", &error, remedy)),
    }
}

/// Whether the Redis of the configuration answers.
#[cfg(feature = "redis")]
pub(super) async fn at_redis(redis: &Redis, findings: &mut Vec<Finding>) {
    use wh_cache::{Cache, CacheSettings, Installation, RedisSettings, RedisState};
    let Some(url) = redis.connection_url() else { return };
    // Nothing is read or written under this name.
    let nobody = Installation::new(uuid::Uuid::new_v4(), 0, "doctor");
    let settings = RedisSettings { start_timeout: PATIENCE, ..RedisSettings::new(url, nobody) };
    let remedy =
        "start it, or correct the section redis; without one the services work, and read the database more";
    match Cache::start(CacheSettings::default(), settings).await {
        Ok(cache) => {
            if cache.redis_state() != Some(RedisState::Up) {
                findings.push(Finding::warning(
                    "redis",
                    &"it does not answer, or refuses the account",
                    remedy,
                ));
            }
            cache.close().await;
        }
        Err(error) => findings.push(Finding::fault("redis", &error, remedy)),
    }
}

#[cfg(not(feature = "redis"))]
#[expect(clippy::unused_async, reason = "the other one connects")]
pub(super) async fn at_redis(redis: &Redis, findings: &mut Vec<Finding>) {
    if redis.connection_url().is_some() {
        findings.push(Finding::fault(
            "redis",
            &"redis.addr or redis.url is set, and this program was built without Redis",
            "build it with the feature `redis`",
        ));
    }
}

/// Whether the mail server of the configuration takes connections.
pub(super) async fn at_mail(smtp: &Smtp, findings: &mut Vec<Finding>) {
    let (MailTransport::Smtp, true, Some(host)) = (&smtp.transport, smtp.enabled(), &smtp.host) else {
        return;
    };
    let problem = match timeout(PATIENCE, TcpStream::connect((host.to_string().as_str(), smtp.port))).await {
        Ok(Ok(_)) => return,
        Ok(Err(error)) => error.to_string(),
        Err(_) => "no answer".to_owned(),
    };
    let remedy = "start it, or correct smtp.host and smtp.port; until then mail is lost after its retries";
    findings.push(Finding::warning("mail", &format!("{host}:{}: {problem}", smtp.port), remedy));
}
