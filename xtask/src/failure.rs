//! The one error of the commands.

pub(crate) use wh_data::cli::failure::{Failure, Outcome};
