//! Which database a command works on.

use std::{env, fmt};

use diesel_async::AsyncPgConnection;
use wh_data::repo::{Connector, DatabaseSettings};
use wh_stack::Running;

use crate::failure::{Failure, Outcome};

/// A database and how we came by it. `Display` leaves the password out.
pub(crate) struct Database {
    connector: Connector,
    origin: &'static str,
}

impl Database {
    /// The first of the option, the variable and the running stack that there is.
    pub(crate) fn find(option: Option<String>) -> Outcome<Self> {
        let variable = || env::var("DATABASE_URL").ok().filter(|url| !url.trim().is_empty());
        let found = match option {
            Some(url) => Some((url, "--database-url")),
            None => variable().map(|url| (url, "DATABASE_URL")),
        };
        let (url, origin) = match found {
            Some(found) => found,
            None => match Running::find()? {
                Some(running) => (running.database_url, "the stack of `cargo xtask up`"),
                None => {
                    return Err(Failure::new(
                        "there is no database to work on. To repair it: set DATABASE_URL or pass --database-url \
                         (like postgres://user:password@host:5432/database), or start a stack with `cargo xtask up`",
                    ));
                }
            },
        };
        Self::at(url, origin)
    }

    fn at(url: String, origin: &'static str) -> Outcome<Self> {
        let connector = Connector::new(DatabaseSettings::new(url.into()).with_connections(2))
            .map_err(|error| Failure::new(format!("{origin}: {error}")))?;
        Ok(Self { connector, origin })
    }

    pub(crate) fn connector(&self) -> Connector {
        self.connector.clone()
    }

    pub(crate) async fn connect(&self) -> Outcome<AsyncPgConnection> {
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
    use super::Database;

    #[test]
    fn a_database_is_named_without_its_password() {
        let url =
            "postgres://me:geheim@db.example:6000/shop?sslmode=verify-full&sslrootcert=system".to_owned();
        let database = Database::at(url, "DATABASE_URL").unwrap();
        assert_eq!(database.to_string(), "db.example:6000 (database shop, user me) (DATABASE_URL)");
    }

    #[test]
    fn an_address_that_cannot_be_read_is_refused_without_showing_it() {
        let refused =
            Database::at("postgres://me:geheim@db?colour=red".to_owned(), "--database-url").err().unwrap();
        let message = refused.to_string();
        assert!(message.starts_with("--database-url: ") && !message.contains("geheim"), "{message}");
    }
}
