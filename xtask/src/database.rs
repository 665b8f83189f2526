//! Which database a command works on.

use wh_data::repo::DatabaseSettings;
use wh_stack::Running;

use crate::failure::{Failure, Outcome};

/// The database of the running stack, for who names none.
pub(crate) fn of_the_stack() -> Outcome<(DatabaseSettings, &'static str)> {
    match Running::find()? {
        Some(running) => {
            Ok((DatabaseSettings::new(running.database_url.into()), "the stack of `cargo xtask up`"))
        }
        None => Err(Failure::new(
            "there is no database to work on. To repair it: set DATABASE_URL or pass --database-url \
             (like postgres://user:password@host:5432/database), or start a stack with `cargo xtask up`",
        )),
    }
}
