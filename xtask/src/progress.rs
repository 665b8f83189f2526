//! Telling what happens.

pub(crate) use wh_data::cli::progress::Progress;
