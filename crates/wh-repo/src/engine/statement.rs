//! What the executor is handed: a statement with its values, to be sent as often as it takes.

use diesel::QueryResult;
use diesel::deserialize::FromSqlRow;
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::query_dsl::CompatibleType;
use diesel::result::Error;
use diesel_async::{AsyncConnectionCore, AsyncPgConnection};
use futures_util::future::{BoxFuture, try_join};
use futures_util::{FutureExt, Stream, StreamExt, TryFutureExt};

/// The rows of one statement. Diesel turns a query into bytes when it is handed over, so an answer borrows only the
/// connection. This keeps every operation `Send`.
pub(crate) type Answer<'c, R> = BoxFuture<'c, QueryResult<Vec<R>>>;

/// A statement with its values. Its text is constant, so it stays prepared on each connection.
pub(crate) trait Statement<R>: Sync {
    /// Hands the statement to a connection. The answer resolves once the server is done with the statement, not at its first
    /// row: before that it may not be committed, and may still fail.
    fn send<'c>(&self, connection: &'c AsyncPgConnection) -> Answer<'c, R>;
}

impl<Q, R, ST> Statement<R> for Q
where
    Q: Query + QueryFragment<Pg> + QueryId + Sync,
    Q::SqlType: CompatibleType<R, Pg, SqlType = ST>,
    R: FromSqlRow<ST, Pg> + Send + 'static,
{
    fn send<'c>(&self, mut connection: &'c AsyncPgConnection) -> Answer<'c, R> {
        let rows = AsyncConnectionCore::load(&mut connection, Prepared(self));
        rows.and_then(|rows| drain(rows, |row| R::build_from_row(&row))).boxed()
    }
}

/// A statement that returns no rows. Its answer is one number: the rows that it changed.
pub(crate) struct Affected<Q>(pub(crate) Q);

impl<Q> Statement<usize> for Affected<Q>
where
    Q: QueryFragment<Pg> + QueryId + Sync,
{
    fn send<'c>(&self, mut connection: &'c AsyncPgConnection) -> Answer<'c, usize> {
        AsyncConnectionCore::execute_returning_count(&mut connection, Prepared(&self.0))
            .map_ok(|changed| vec![changed])
            .boxed()
    }
}

/// A statement that is sent twice, in one round trip. The second sees what the first had to wait for. Its answer has the
/// rows of both.
pub(crate) struct Twice<S>(pub(crate) S);

impl<R: Send + 'static, S: Statement<R>> Statement<R> for Twice<S> {
    fn send<'c>(&self, connection: &'c AsyncPgConnection) -> Answer<'c, R> {
        let both = try_join(self.0.send(connection), self.0.send(connection));
        both.map_ok(|(mut first, second)| {
            first.extend(second);
            first
        })
        .boxed()
    }
}

/// Reads all rows, also past one that cannot be decoded. The stream ends when the server is ready for the next statement.
async fn drain<T, R>(
    rows: impl Stream<Item = QueryResult<T>>,
    decode: impl Fn(T) -> diesel::deserialize::Result<R>,
) -> QueryResult<Vec<R>> {
    let mut rows = std::pin::pin!(rows);
    let (mut decoded, mut fault) = (Vec::new(), None);
    while let Some(row) = rows.next().await {
        match decode(row?) {
            Ok(row) => decoded.push(row),
            Err(error) => fault = fault.or(Some(error)),
        }
    }
    fault.map_or(Ok(decoded), |fault| Err(Error::DeserializationError(fault)))
}

/// Keeps a statement prepared. Diesel prepares each UPDATE anew, since its text may be made up on the spot, and so doubles
/// its round trips.
struct Prepared<Q>(Q);

impl<Q: QueryFragment<Pg>> QueryFragment<Pg> for Prepared<Q> {
    fn walk_ast<'b>(&'b self, pass: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.0.walk_ast(pass)
    }

    fn is_safe_to_cache_prepared(&self, _backend: &Pg) -> QueryResult<bool> {
        Ok(true)
    }
}

impl<Q: QueryId> QueryId for Prepared<Q> {
    type QueryId = Q::QueryId;

    const HAS_STATIC_QUERY_ID: bool = Q::HAS_STATIC_QUERY_ID;
}

impl<Q: Query> Query for Prepared<Q> {
    type SqlType = Q::SqlType;
}
