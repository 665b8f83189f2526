//! Tables, columns and foreign keys, as Postgres' catalogue has them.

use tokio_postgres::NoTls;
use wh_schema::columns::{self, Class};

use crate::failure::{Failure, Outcome};

/// A table.
pub(super) struct Table {
    pub(super) name: String,
    pub(super) columns: Vec<Column>,
}

/// A column of a table.
pub(super) struct Column {
    pub(super) name: String,
    /// The type, as Postgres writes it.
    pub(super) kind: String,
    pub(super) nullable: bool,
    pub(super) in_primary_key: bool,
    /// Unique by itself, in the whole table.
    pub(super) unique: bool,
    /// The table that it refers to.
    pub(super) target: Option<String>,
    /// What it holds, where that is no plain value.
    pub(super) class: Option<&'static str>,
}

const COLUMNS_OF_ALL: &str = "\
select pg_class.relname::text, attname::text, format_type(atttypid, null), not attnotnull,
    exists (select from pg_index where indrelid = pg_class.oid and indisprimary and attnum = any(indkey)),
    exists (
        select from pg_index
        where indrelid = pg_class.oid and indisunique and not indisprimary and indnkeyatts = 1 and indkey[0] = attnum
          and indpred is null
    ),
    (
        select target.relname::text
        from pg_constraint
        join pg_class as target on target.oid = confrelid
        where conrelid = pg_class.oid and contype = 'f' and attnum = any(conkey)
        order by cardinality(conkey)
        limit 1
    )
from pg_class
join pg_attribute on attrelid = pg_class.oid and attnum > 0 and not attisdropped
where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition
order by pg_class.relname, attnum";

/// All tables but partitions, by name, each with its columns in their order.
pub(super) async fn read(url: &str) -> Outcome<Vec<Table>> {
    let (client, connection) =
        tokio_postgres::connect(url, NoTls).await.map_err(|error| Failure::new(error.to_string()))?;
    let running = tokio::spawn(connection);
    let rows = client.query(COLUMNS_OF_ALL, &[]).await;
    drop(client);
    running.abort();
    let mut tables: Vec<Table> = Vec::new();
    for row in rows.map_err(|error| Failure::new(format!("could not read the catalogue: {error}")))? {
        let (table, name): (String, String) = (row.get(0), row.get(1));
        let column = Column {
            class: class(&table, &name),
            name,
            kind: row.get(2),
            nullable: row.get(3),
            in_primary_key: row.get(4),
            unique: row.get(5),
            target: row.get(6),
        };
        match tables.last_mut().filter(|last| last.name == table) {
            Some(last) => last.columns.push(column),
            None => tables.push(Table { name: table, columns: vec![column] }),
        }
    }
    Ok(tables)
}

fn class(table: &str, name: &str) -> Option<&'static str> {
    match columns::class(table, name)? {
        Class::Plain => None,
        Class::Personal => Some("personal"),
        Class::Hashed => Some("hashed"),
        Class::Encrypted => Some("encrypted"),
    }
}
