//! What the executor is handed: a statement with its values, to be sent as often as it takes.

use std::any::TypeId;
use std::cell::RefCell;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

use diesel::QueryResult;
use diesel::deserialize::FromSqlRow;
use diesel::pg::{Pg, PgQueryBuilder};
use diesel::query_builder::{AstPass, Query, QueryBuilder, QueryFragment, QueryId};
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

thread_local! {
    /// Texts that this thread has rendered, by the query id, which stands for one text only.
    static TEXTS: RefCell<HashMap<TypeId, String>> = RefCell::default();
}

/// Keeps a statement prepared, and its text. Diesel prepares each UPDATE anew, since its text may be made up on the spot, and
/// so doubles its round trips.
struct Prepared<Q>(Q);

impl<Q: QueryFragment<Pg> + QueryId> QueryFragment<Pg> for Prepared<Q> {
    fn walk_ast<'b>(&'b self, pass: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.0.walk_ast(pass)
    }

    /// Diesel asks for the text on each call, also where the statement is prepared, and to render one costs more than to send it.
    fn to_sql(&self, out: &mut PgQueryBuilder, backend: &Pg) -> QueryResult<()> {
        let Some(id) = Q::query_id() else { return self.0.to_sql(out, backend) };
        TEXTS.with_borrow_mut(|texts| {
            let text = match texts.entry(id) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(unknown) => {
                    let mut rendered = PgQueryBuilder::default();
                    self.0.to_sql(&mut rendered, backend)?;
                    unknown.insert(rendered.finish())
                }
            };
            out.push_sql(text);
            Ok(())
        })
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

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use diesel::prelude::*;
    use wh_schema::schema::users;

    use super::*;

    thread_local! {
        static RENDERED: Cell<usize> = const { Cell::new(0) };
    }

    /// Counts how often it is rendered.
    struct Counted<Q>(Q);

    impl<Q: QueryFragment<Pg>> QueryFragment<Pg> for Counted<Q> {
        fn walk_ast<'b>(&'b self, pass: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
            RENDERED.set(RENDERED.get() + 1);
            self.0.walk_ast(pass)
        }
    }

    impl<Q: QueryId> QueryId for Counted<Q> {
        type QueryId = Q::QueryId;

        const HAS_STATIC_QUERY_ID: bool = Q::HAS_STATIC_QUERY_ID;
    }

    fn text(query: impl QueryFragment<Pg> + QueryId) -> String {
        let mut builder = PgQueryBuilder::default();
        Prepared(Counted(query)).to_sql(&mut builder, &Pg).unwrap();
        builder.finish()
    }

    #[test]
    fn a_text_is_rendered_once_unless_it_may_differ() {
        let by_id = |id: i64| users::table.select(users::email).filter(users::id.eq(id));
        let by_name = |name: &'static str| users::table.select(users::email).filter(users::name.eq(name));
        let plain = |query| {
            let mut builder = PgQueryBuilder::default();
            QueryFragment::<Pg>::to_sql(query, &mut builder, &Pg).unwrap();
            builder.finish()
        };
        let first = text(by_id(1));
        assert_eq!((first.as_str(), RENDERED.get()), (plain(&by_id(1)).as_str(), 1));
        assert_eq!((text(by_id(2)), RENDERED.get()), (first, 1));
        assert!(text(by_name("Ada")).contains("\"name\" = $1"));
        assert_eq!(RENDERED.get(), 2);

        let change = |plan: Option<&'static str>| {
            diesel::update(users::table).set((plan.map(|plan| users::plan.eq(plan)), users::name.eq("Ada")))
        };
        assert_ne!(text(change(None)), text(change(Some("pro"))));
        assert_eq!(RENDERED.get(), 4);
    }
}
