//! Statements of a test kit, sent from outside of any runtime.

use tokio_postgres::{NoTls, SimpleQueryMessage};

use crate::{process::wait_for, reach::chain};

/// Rows as text.
pub(crate) type Rows = Vec<Vec<Option<String>>>;

/// Sends statements on a connection of their own by the simple protocol, and returns the rows of all.
pub(crate) fn ask(url: &str, sql: &str) -> Result<Rows, String> {
    let talk = async {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
        tokio::spawn(connection);
        let messages = client.simple_query(sql).await?;
        let rows = messages.into_iter().filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => {
                Some((0..row.len()).map(|column| row.get(column).map(str::to_owned)).collect())
            }
            _ => None,
        });
        Ok::<Rows, tokio_postgres::Error>(rows.collect())
    };
    wait_for(talk)
        .map_err(|error| error.to_string())?
        .map_err(|error| format!("{}\nin: {sql}", chain(&error)))
}

/// The first column of the first row.
pub(crate) fn value(url: &str, sql: &str) -> Result<Option<String>, String> {
    Ok(ask(url, sql)?.into_iter().next().and_then(|row| row.into_iter().next()).flatten())
}
