//! Templates that hold more than the migrations: made once, since filling them takes its time.

use tokio_postgres::Client;

use super::connection::{connect, describe};
use super::names;
use super::template::{self, begin, finish, once, run};
use crate::address;

/// Another lock than that of plain templates: nobody who needs a plain one waits for a filled one.
const LOCK: i64 = 0x7768_6669_6c6c_6564;

/// Makes the template with these statements, unless it is there, and returns its name.
pub(super) async fn ensure(client: &Client, url: &str, fill: &str) -> Result<String, String> {
    let name = names::filled(fill);
    once(client, LOCK, &name, || make(client, url, &name, fill)).await?;
    Ok(name)
}

async fn make(client: &Client, url: &str, name: &str, fill: &str) -> Result<(), String> {
    sweep(client).await?;
    let plain = template::ensure(client, url).await?;
    begin(client, name, &plain).await?;
    let filling = connect(&address::with_database(url, name)).await?;
    run(&filling, fill).await?;
    // So that no test meets the planner's guesses about tables that nobody has looked at, or autovacuum at work.
    run(&filling, "VACUUM (ANALYZE)").await?;
    drop(filling);
    finish(client, name).await
}

/// Drops filled templates that nobody made lately: each change of migrations or statements leaves a large one behind.
async fn sweep(client: &Client) -> Result<(), String> {
    let old = "SELECT datname FROM pg_database WHERE starts_with(datname, $1) \
        AND (pg_stat_file('base/' || oid || '/PG_VERSION', true)).modification < now() - interval '1 day'";
    let rows = client.query(old, &[&names::FILLED]).await.map_err(|error| describe(&error))?;
    for name in rows.iter().filter_map(|row| row.try_get::<_, String>(0).ok()) {
        // Two statements, because neither may share a transaction. One that is being copied just now stays.
        drop(run(client, &format!("ALTER DATABASE {name} WITH IS_TEMPLATE false")).await);
        drop(run(client, &format!("DROP DATABASE {name}")).await);
    }
    Ok(())
}
