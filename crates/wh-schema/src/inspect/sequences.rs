//! Identity sequences that are behind their tables: a data-only restore and a logical switch-over leave them so.

use std::fmt;

use diesel::QueryableByName;
use diesel::sql_types::Text;
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};

use super::{Ids, InspectError};

/// The sequence of an identity column.
#[derive(Clone, Debug, PartialEq, Eq, QueryableByName)]
pub(super) struct Sequence {
    #[diesel(sql_type = Text)]
    pub table_name: String,
    #[diesel(sql_type = Text)]
    pub column_name: String,
    /// Quoted, for SQL.
    #[diesel(sql_type = Text)]
    pub name: String,
    /// A query for the largest id, and for the one that comes next: also where the sequence was restarted and gave none yet.
    #[diesel(sql_type = Text)]
    pub question: String,
}

/// An identity column whose sequence was set right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repaired {
    /// The table.
    pub table: String,
    /// Its identity column.
    pub column: String,
    /// The id that the next row would have got.
    pub next_was: i64,
    /// The id that the next row gets.
    pub next_is: i64,
}

impl fmt::Display for Repaired {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { table, column, next_was, next_is } = self;
        write!(f, "{table}.{column}: the next id is {next_is}, and was {next_was}")
    }
}

/// `runtime_logs` is too large to be read; its ids ascend with time, and its key holds the time as well.
const IDENTITIES: &str = "\
select owner.relname::text as table_name, attname::text as column_name, sequence.name,
    format(
        'select %L as name, coalesce(max(%I), 0)::bigint as largest,
            (select last_value + case when is_called then %s else 0 end from %s)::bigint as next
        from public.%I%s',
        sequence.name, attname, seqincrement, sequence.name, owner.relname,
        case owner.relname when 'runtime_logs' then ' where logged_at >= public.wh_now() - interval ''2 days''' else '' end
    ) as question
from pg_sequence
join pg_depend on classid = 'pg_class'::regclass and objid = seqrelid and deptype = 'i'
    and refclassid = 'pg_class'::regclass
join pg_class as owner on owner.oid = refobjid and owner.relnamespace = 'public'::regnamespace
join pg_attribute on attrelid = refobjid and attnum = refobjsubid
cross join lateral (
    select format('%I.%I', nspname, relname) as name
    from pg_class join pg_namespace on pg_namespace.oid = relnamespace where pg_class.oid = seqrelid
) sequence
order by owner.relname";

/// The sequences that would give an id which a row has already, and the ids that show it. Two round trips.
pub(super) async fn behind(mut conn: &AsyncPgConnection) -> Result<Vec<(Sequence, Ids)>, InspectError> {
    let all: Vec<Sequence> = diesel::sql_query(IDENTITIES)
        .load(&mut conn)
        .await
        .map_err(InspectError::new("list the identity columns"))?;
    if all.is_empty() {
        return Ok(Vec::new());
    }
    let questions: Vec<&str> = all.iter().map(|sequence| sequence.question.as_str()).collect();
    let mut answers: Vec<Ids> = diesel::sql_query(questions.join(" union all "))
        .load(&mut conn)
        .await
        .map_err(InspectError::new("look for the largest ids"))?;
    answers.retain(|ids| ids.largest >= ids.next);
    let measured = all.into_iter().filter_map(|sequence| {
        let place = answers.iter().position(|ids| ids.name == sequence.name)?;
        Some((sequence, answers.swap_remove(place)))
    });
    Ok(measured.collect())
}

/// Sets every identity sequence that is behind its table to the largest id there, and says which those were.
///
/// May run beside the service. A table whose sequence is behind is locked against writers for as long as its largest id takes to
/// find, at most 10 s are waited for that lock; readers pass. No sequence goes back, unless somebody draws ids from it meanwhile
/// for no row: those ids are drawn again.
///
/// # Errors
/// [`InspectError`] if Postgres refuses, or a lock was not to be had. Tables before it are repaired.
pub async fn repair_sequences(conn: &AsyncPgConnection) -> Result<Vec<Repaired>, InspectError> {
    let mut conn = conn;
    let mut repaired = Vec::new();
    for (Sequence { table_name: table, column_name: column, question, .. }, Ids { next, .. }) in
        behind(conn).await?
    {
        // One message, and so one transaction. Whoever draws an id for a row holds a lock on the table that excludes this one.
        let quoted = table.replace('"', "\"\"");
        let repair = format!(
            "begin; set local lock_timeout = '10s'; lock table public.\"{quoted}\" in share row exclusive mode; \
             select setval(name::regclass, largest) from ({question}) as row \
             where largest >= next; commit"
        );
        if let Err(error) = conn.batch_execute(&repair).await {
            // The connection is the caller's: leave no failed transaction on it.
            let _ = conn.batch_execute("rollback").await;
            return Err(InspectError::new("set a sequence right")(error));
        }
        let after: Vec<Ids> = diesel::sql_query(question)
            .load(&mut conn)
            .await
            .map_err(InspectError::new("read a sequence"))?;
        let next_is = after.into_iter().next().map_or(next, |row| row.next);
        repaired.push(Repaired { table, column, next_was: next, next_is });
    }
    Ok(repaired)
}
