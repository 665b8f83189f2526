//! Connections of the test kit itself.

use tokio_postgres::{Client, NoTls};

/// A connection whose driver runs on the runtime of the caller.
pub(super) async fn connect(url: &str) -> Result<Client, String> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.map_err(|error| describe(&error))?;
    tokio::spawn(connection);
    Ok(client)
}

/// The server's own words, which the driver keeps in the source of its error.
pub(super) fn describe(error: &tokio_postgres::Error) -> String {
    let said = error.as_db_error().map(|said| format!("{} ({})", said.message(), said.code().code()));
    said.unwrap_or_else(|| {
        std::error::Error::source(error)
            .map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}"))
    })
}
