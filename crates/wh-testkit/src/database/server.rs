//! The server that the databases of this process are made on.

use std::sync::OnceLock;

use wh_stack::Stack;

static SERVER: OnceLock<Result<Stack, String>> = OnceLock::new();

/// The URL of the server; the first call finds or starts it.
///
/// A stack that is started here lives as long as the process: its guard sees the end of it.
pub(super) fn url() -> Result<&'static str, String> {
    let server = SERVER.get_or_init(|| Stack::builder().start().map_err(|error| error.to_string()));
    server.as_ref().map(Stack::database_url).map_err(Clone::clone)
}
