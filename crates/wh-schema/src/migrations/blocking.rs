//! The asynchronous connection on a thread where waiting is allowed, as Diesel's harness wants it.

use diesel::connection::SimpleConnection;
use diesel_async::AsyncPgConnection;
use diesel_async::async_connection_wrapper::AsyncConnectionWrapper;

use super::MigrationError;

/// Diesel's harness is blocking; this drives the asynchronous connection for it.
pub(super) type Conn = AsyncConnectionWrapper<AsyncPgConnection>;

/// Runs `work` where blocking is allowed; dropping the future does not stop it.
pub(super) async fn blocking<R: Send + 'static>(
    conn: AsyncPgConnection,
    work: impl FnOnce(&mut Conn) -> Result<R, MigrationError> + Send + 'static,
) -> Result<R, MigrationError> {
    let task = tokio::task::spawn_blocking(move || {
        let mut conn = Conn::from(conn);
        prepare(&mut conn).map_err(MigrationError::database("prepare the connection for migrations"))?;
        work(&mut conn)
    });
    match task.await {
        Ok(outcome) => outcome,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => Err(MigrationError::Database {
                doing: "run migrations",
                message: "the tokio runtime is shutting down".to_owned(),
            }),
        },
    }
}

/// The pool's time-outs are for requests; a migration takes as long as it takes. `transaction_timeout` came with 17.
fn prepare(conn: &mut Conn) -> diesel::QueryResult<()> {
    conn.batch_execute(
        "set search_path to public; \
         select set_config(name, '0', false) from pg_settings \
         where name in ('statement_timeout', 'idle_in_transaction_session_timeout', 'transaction_timeout')",
    )
}
