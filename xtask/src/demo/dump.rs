//! What a dump of the database gives away.

use futures_util::TryStreamExt;
use secrecy::{ExposeSecret, SecretString};
use tokio_postgres::Client;
use wh_data::schema::columns::{self, Class};

use super::screen::{Screen, short};
use super::stage::Database;
use crate::failure::{Failure, Outcome};

/// A column, and what the API hands back of it to whoever has the key.
pub(super) struct Shown {
    pub(super) column: &'static str,
    pub(super) opened: String,
}

/// Shows an encrypted or hashed value of each column in use beside what the API hands back, and searches all tables for
/// the secrets themselves.
pub(super) async fn show(
    screen: &Screen,
    database: &Database,
    opened: &[Shown],
    secrets: &[SecretString],
) -> Outcome<()> {
    let client = database.client().await?;
    let mut rows = vec![vec!["column".to_owned(), "in a dump".to_owned(), "through the API".to_owned()]];
    for column in columns::ALL.iter().filter(|column| column.class >= Class::Hashed) {
        let (table, name) = (column.table, column.name);
        let stored =
            copy(&client, &format!("(SELECT {name} FROM {table} WHERE {name} <> '' LIMIT 1)")).await?;
        if stored.is_empty() {
            continue;
        }
        let known = opened.iter().find(|shown| shown.column == format!("{table}.{name}"));
        let open = known.map_or_else(|| "-".to_owned(), |shown| short(&shown.opened, 44));
        rows.push(vec![format!("{table}.{name}"), short(stored.trim_end(), 44), open]);
    }
    let shown = rows.len() - 1;
    screen.table(&rows);
    screen.expect(
        shown >= 2,
        &format!("{shown} columns hold secrets of this run, none of them readable"),
        None,
    );

    let mut tables: Vec<_> = columns::ALL.iter().map(|column| column.table).collect();
    tables.dedup();
    let mut dump = String::new();
    for table in &tables {
        // A partitioned table gives its rows only to a query.
        dump.push_str(&copy(&client, &format!("(SELECT * FROM {table})")).await?);
    }
    let found = secrets.iter().filter(|secret| dump.contains(secret.expose_secret())).count();
    let text = format!(
        "none of {} secrets is in {} bytes dumped from {} tables",
        secrets.len(),
        dump.len(),
        tables.len()
    );
    screen.expect(found == 0 && !secrets.is_empty() && !dump.is_empty(), &text, None);
    Ok(())
}

/// Rows as `pg_dump` writes them.
async fn copy(client: &Client, what: &str) -> Outcome<String> {
    let failed = |error: tokio_postgres::Error| Failure::new(format!("the dump failed: {error}"));
    let stream = client.copy_out(&format!("COPY {what} TO STDOUT")).await.map_err(failed)?;
    let chunks: Vec<_> = stream.try_collect().await.map_err(failed)?;
    Ok(String::from_utf8_lossy(&chunks.concat()).into_owned())
}
