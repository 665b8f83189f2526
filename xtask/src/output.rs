//! What the commands print.

pub(crate) use wh_data::cli::output::{answer, conclude, note};

/// Prints a line of the answer that was asked for, to standard output.
macro_rules! answer {
    ($($text:tt)*) => { $crate::output::answer(&format!($($text)*)) };
}

/// Prints a line about what happens, to standard error.
macro_rules! note {
    ($($text:tt)*) => { $crate::output::note(&format!($($text)*)) };
}
