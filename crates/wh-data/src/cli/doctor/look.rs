//! The looks that the doctor takes.

use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::timeout;
use wh_config::{Config, MailTransport};
use wh_crypto::KeyRing;
use wh_plans::Plans;
use wh_schema::inspect::inspect;
use wh_schema::migrations;

use super::Finding;
use crate::cli::database::{Database, DatabaseArguments, Elsewhere};

/// The longest that a server may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// The server, its settings, the schema and the keys.
pub(super) async fn at_database(
    arguments: DatabaseArguments,
    elsewhere: Elsewhere,
    config: Option<&Config>,
    findings: &mut Vec<Finding>,
) {
    let database = match Database::find(arguments, elsewhere) {
        Ok(database) => database,
        // The configuration was looked at already.
        Err(_) if config.is_none() => return,
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
    if at_schema(conn, findings).await
        && let Some(config) = config
    {
        at_keys(&database, config, findings).await;
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
async fn at_keys(database: &Database, config: &Config, findings: &mut Vec<Finding>) {
    let remedy = "add the secret that is missing to api_server.previous_secrets: `wh-data secrets status` says what is stored";
    let ring: KeyRing = match crate::key_ring(&config.server_secrets()) {
        Ok(ring) => ring,
        Err(error) => return findings.push(Finding::fault("keys", &error, "set api_server.secret")),
    };
    let own = ring.ids();
    let db = wh_repo::Database::lazy(database.connector(), ring, Plans::new());
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
pub(super) async fn at_redis(config: &Config, findings: &mut Vec<Finding>) {
    use wh_cache::{Cache, Installation, RedisSettings, RedisState};
    let Some(url) = config.redis.connection_url() else { return };
    // Nothing is read or written under this name.
    let nobody = Installation::new(uuid::Uuid::new_v4(), 0, "doctor");
    let settings = RedisSettings { start_timeout: PATIENCE, ..RedisSettings::new(url, nobody) };
    let remedy =
        "start it, or correct the section redis; without one the services work, and read the database more";
    match Cache::start(crate::cache_settings(config), settings).await {
        Ok(cache) => {
            if cache.redis_state() != Some(RedisState::Up) {
                findings.push(Finding::fault("redis", &"it does not answer, or refuses the account", remedy));
            }
            cache.close().await;
        }
        Err(error) => findings.push(Finding::fault("redis", &error, remedy)),
    }
}

#[cfg(not(feature = "redis"))]
#[expect(clippy::unused_async, reason = "the other one connects")]
pub(super) async fn at_redis(config: &Config, findings: &mut Vec<Finding>) {
    if config.redis.connection_url().is_some() {
        findings.push(Finding::fault(
            "redis",
            &"redis.addr or redis.url is set, and this program was built without Redis",
            "build it with the feature `redis`",
        ));
    }
}

/// Whether the mail server of the configuration takes connections.
pub(super) async fn at_mail(config: &Config, findings: &mut Vec<Finding>) {
    let smtp = &config.smtp;
    let (MailTransport::Smtp, true, Some(host)) = (&smtp.transport, smtp.enabled(), &smtp.host) else {
        return;
    };
    let problem = match timeout(PATIENCE, TcpStream::connect((host.to_string().as_str(), smtp.port))).await {
        Ok(Ok(_)) => return,
        Ok(Err(error)) => error.to_string(),
        Err(_) => "no answer".to_owned(),
    };
    let remedy = "start it, or correct smtp.host and smtp.port; until then mail is lost after its retries";
    findings.push(Finding::fault("mail", &format!("{host}:{}: {problem}", smtp.port), remedy));
}
