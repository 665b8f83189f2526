//! golang-migrate's ledger: one row that names a version and says whether it is whole.

use diesel::dsl::sql;
use diesel::sql_types::Bool;
use diesel::{Connection, ExpressionMethods, QueryDsl, QueryResult, RunQueryDsl, SelectableHelper};

use super::MigrationError;
use super::blocking::Conn;

/// The version of a schema to which nothing is applied. golang-migrate keeps it as an absent row, and writes it only as
/// dirty, while the first migration is taken back.
pub(super) const NOTHING: i64 = -1;

diesel::table! {
    schema_migrations (version) {
        version -> BigInt,
        dirty -> Bool,
    }
}

/// The row, or what its absence stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, diesel::Queryable, diesel::Selectable)]
#[diesel(table_name = schema_migrations, check_for_backend(diesel::pg::Pg))]
pub(super) struct Ledger {
    pub version: i64,
    pub dirty: bool,
}

impl Ledger {
    pub(super) const fn clean(version: i64) -> Self {
        Self { version, dirty: false }
    }

    pub(super) const fn dirty(version: i64) -> Self {
        Self { version, dirty: true }
    }
}

/// Makes the table where it is missing, as golang-migrate would.
pub(super) fn ensure(conn: &mut Conn) -> Result<(), MigrationError> {
    // Looked for first, so that a role that may not create tables can still find everything done.
    if exists(conn)? {
        return Ok(());
    }
    diesel::sql_query(
        "create table if not exists schema_migrations (version bigint not null primary key, dirty boolean not null)",
    )
    .execute(conn)
    .map(drop)
    .map_err(MigrationError::database("create the ledger public.schema_migrations"))
}

/// Reads the row; without a table or without a row nothing is applied.
pub(super) fn read(conn: &mut Conn) -> Result<Ledger, MigrationError> {
    let nothing = Ledger::clean(NOTHING);
    if !exists(conn)? {
        return Ok(nothing);
    }
    let rows = schema_migrations::table
        .select(Ledger::as_select())
        .limit(2)
        .load(conn)
        .map_err(MigrationError::database("read the ledger public.schema_migrations"))?;
    match rows.as_slice() {
        [] => Ok(nothing),
        [ledger] => Ok(*ledger),
        _ => Err(MigrationError::ForeignLedger { found: "several rows".to_owned() }),
    }
}

/// Replaces the row, in a transaction of its own or in the caller's.
pub(super) fn write(conn: &mut Conn, ledger: Ledger) -> QueryResult<()> {
    Connection::transaction(conn, |conn| {
        diesel::delete(schema_migrations::table).execute(conn)?;
        if ledger.version != NOTHING || ledger.dirty {
            diesel::insert_into(schema_migrations::table)
                .values((
                    schema_migrations::version.eq(ledger.version),
                    schema_migrations::dirty.eq(ledger.dirty),
                ))
                .execute(conn)?;
        }
        Ok(())
    })
}

fn exists(conn: &mut Conn) -> Result<bool, MigrationError> {
    diesel::select(sql::<Bool>("to_regclass('public.schema_migrations') is not null"))
        .get_result(conn)
        .map_err(MigrationError::database("look for the ledger public.schema_migrations"))
}
