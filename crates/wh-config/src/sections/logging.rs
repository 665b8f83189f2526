use std::path::PathBuf;

use wh_types::{LogFormat, LogLevel};

use super::section;

section! {
    /// Level, format and file of the log.
    Logging at "logging" {
        /// How much is logged: trace, debug, info, warn or error.
        level: LogLevel, default "info";
        /// How a line is written: text for people, json for machines.
        format: LogFormat, default "text";
        /// File to log to; standard error if unset.
        file: Option<PathBuf>, optional "/var/log/wisehosting/control-plane.log";
    }
}
