//! Which database a command works on.

use std::{env, fmt};

use diesel_async::{AsyncConnection, AsyncPgConnection};
use wh_testkit::stack::{Running, postgres_address, require_postgres};

use crate::failure::{Failure, Outcome};

/// A database and how we came by it. `Display` leaves the password out.
pub(super) struct Database {
    url: String,
    origin: &'static str,
}

impl Database {
    /// The first of the option, the variable and the running stack that there is; it answers.
    pub(super) fn find(option: Option<String>) -> Outcome<Self> {
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
        require_postgres(&url, origin)?;
        Ok(Self { url, origin })
    }

    pub(super) async fn connect(&self) -> Outcome<AsyncPgConnection> {
        AsyncPgConnection::establish(&self.url)
            .await
            .map_err(|error| Failure::new(format!("could not connect to {self}: {error}")))
    }
}

impl fmt::Display for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let config: Option<tokio_postgres::Config> = self.url.parse().ok();
        let config = config.as_ref();
        let user = config
            .and_then(|config| config.get_user())
            .map(|user| format!("{user}:***@"))
            .unwrap_or_default();
        let name = config.and_then(|config| config.get_dbname().or(config.get_user())).unwrap_or("?");
        write!(f, "postgres://{user}{}/{name} ({})", postgres_address(&self.url), self.origin)
    }
}

#[cfg(test)]
mod tests {
    use super::Database;

    #[test]
    fn a_database_is_named_without_its_password() {
        let url = "postgres://me:geheim@db.example:6000/shop".to_owned();
        let database = Database { url, origin: "DATABASE_URL" };
        assert_eq!(database.to_string(), "postgres://me:***@db.example:6000/shop (DATABASE_URL)");
    }
}
