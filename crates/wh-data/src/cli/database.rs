//! Which database a command works on.

use std::{env, fmt};

use diesel_async::AsyncPgConnection;
use wh_config::Config;
use wh_repo::{Connector, DatabaseSettings};

use super::failure::{Failure, Outcome};

/// The database of a command.
#[derive(Debug, clap::Args)]
pub struct DatabaseArguments {
    /// The database, in place of the one that `DATABASE_URL` or the configuration names
    #[arg(long, global = true, value_name = "URL")]
    pub database_url: Option<String>,
}

/// Where the settings of a database come from, for who names none: the settings, and the words for where they are.
pub type Elsewhere = fn() -> Outcome<(DatabaseSettings, &'static str)>;

/// The database of the configuration of a service that is started here, past a pooler.
///
/// # Errors
/// Every fault of the configuration.
pub fn configured() -> Outcome<(DatabaseSettings, &'static str)> {
    let config = Config::load().map_err(|error| {
        Failure::new(format!(
            "{error}\nTo repair it: correct the configuration, set DATABASE_URL, or pass --database-url (like \
             postgres://user:password@host:5432/database)"
        ))
    })?;
    Ok((crate::direct_settings(&config), "the configuration"))
}

/// A database and how we came by it. `Display` leaves the password out.
#[derive(Debug)]
pub struct Database {
    connector: Connector,
    origin: &'static str,
}

impl Database {
    /// The first of the option, the variable and what is elsewhere.
    ///
    /// # Errors
    /// Where there is none, or its settings cannot be read.
    pub fn find(arguments: DatabaseArguments, elsewhere: Elsewhere) -> Outcome<Self> {
        let variable = || env::var("DATABASE_URL").ok().filter(|url| !url.trim().is_empty());
        let named = match arguments.database_url {
            Some(url) => Some((url, "--database-url")),
            None => variable().map(|url| (url, "DATABASE_URL")),
        };
        let (settings, origin) = match named {
            Some((url, origin)) => (DatabaseSettings::new(url.into()), origin),
            None => elsewhere()?,
        };
        Self::at(settings, origin)
    }

    fn at(settings: DatabaseSettings, origin: &'static str) -> Outcome<Self> {
        let connector = Connector::new(settings.with_connections(2))
            .map_err(|error| Failure::new(format!("{origin}: {error}")))?;
        Ok(Self { connector, origin })
    }

    /// Makes connections to it.
    #[must_use]
    pub fn connector(&self) -> Connector {
        self.connector.clone()
    }

    /// One connection to it.
    ///
    /// # Errors
    /// Where it cannot be reached.
    pub async fn connect(&self) -> Outcome<AsyncPgConnection> {
        self.connector.connect().await.map_err(|error| {
            let origin = self.origin;
            Failure::new(format!("{error}\nTo repair it: start that server, or correct {origin}"))
        })
    }
}

impl fmt::Display for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.connector.target(), self.origin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(url: &str, origin: &'static str) -> Outcome<Database> {
        Database::at(DatabaseSettings::new(url.into()), origin)
    }

    #[test]
    fn a_database_is_named_without_its_password() {
        let url = "postgres://me:geheim@db.example:6000/shop?sslmode=verify-full&sslrootcert=system";
        let database = at(url, "DATABASE_URL").unwrap();
        assert_eq!(database.to_string(), "db.example:6000 (database shop, user me) (DATABASE_URL)");
    }

    #[test]
    fn an_address_that_cannot_be_read_is_refused_without_showing_it() {
        let refused = at("postgres://me:geheim@db?colour=red", "--database-url").unwrap_err();
        let message = refused.to_string();
        assert!(message.starts_with("--database-url: ") && !message.contains("geheim"), "{message}");
    }
}
