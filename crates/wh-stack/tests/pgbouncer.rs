//! A PgBouncer before a Postgres.

#![expect(clippy::unwrap_used, reason = "the helpers of tests may end them")]

use wh_stack::{DurableServer, PgBouncer, PoolMode};

/// Sends a statement through the pooler.
fn ask(url: &str, sql: &str) -> Result<String, tokio_postgres::Error> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await?;
        tokio::spawn(connection);
        client.query_one(sql, &[]).await.map(|row| row.get(0))
    })
}

#[test]
fn a_statement_reaches_the_server_through_every_version() {
    let server = DurableServer::start("");
    for start in [PgBouncer::since, PgBouncer::before] {
        let Some(bouncer) = start((1, 21), &server.url(), PoolMode::Transaction, "default_pool_size = 1")
        else {
            continue;
        };
        let sql = "SELECT current_user::text";
        assert_eq!(ask(&bouncer.url(), sql).unwrap(), "postgres", "{:?}", bouncer.version());
        let pools = bouncer.admin("SHOW POOLS");
        assert!(pools.iter().flatten().flatten().any(|text| text == "transaction"), "{pools:?}");
        bouncer.kill();
        assert!(ask(&bouncer.url(), sql).is_err());
        bouncer.restart();
        assert_eq!(ask(&bouncer.url(), sql).unwrap(), "postgres");
        assert!(bouncer.log().contains("listening on"), "{}", bouncer.log());
    }
}

#[test]
fn the_newest_program_is_taken() {
    let releases: Vec<_> = PgBouncer::programs().iter().map(wh_stack::Binary::release).collect();
    assert!(releases.is_sorted_by(|one, next| one >= next), "{releases:?}");
    let server = DurableServer::start("");
    let bouncer = PgBouncer::start(&server.url(), PoolMode::Session, "");
    assert_eq!(bouncer.map(|bouncer| bouncer.version()), releases.first().copied());
}
