//! One runner at a time, golang-migrate's included.

use std::thread;
use std::time::{Duration, Instant};

use diesel::dsl::sql;
use diesel::sql_types::{BigInt, Bool, Text};
use diesel::{QueryResult, RunQueryDsl};

use super::blocking::Conn;
use super::{MigrationError, Progress};

/// golang-migrate multiplies its checksum by this.
const SALT: u32 = 1_486_364_155;

/// How often a waiting runner looks. It has to look, not wait inside Postgres: a waiting statement holds a snapshot,
/// and `CREATE INDEX CONCURRENTLY` of the runner at work would wait for that snapshot in turn.
const POLL: Duration = Duration::from_millis(100);

/// How often it says that it waits.
const SAY: Duration = Duration::from_secs(1);

/// Takes the locks, which end with the connection at the latest; returns how long that took.
pub(super) fn take(
    conn: &mut Conn,
    at_most: Duration,
    on_progress: &mut dyn FnMut(Progress),
) -> Result<Duration, MigrationError> {
    let ids = ids(conn).map_err(MigrationError::database("ask for the name of the database"))?;
    let start = Instant::now();
    let mut next_word = Duration::ZERO;
    while !try_all(conn, ids).map_err(MigrationError::database("take the advisory lock of migrations"))? {
        let waited = start.elapsed();
        if waited >= at_most {
            return Err(MigrationError::Locked { waited });
        }
        if waited >= next_word {
            on_progress(Progress::Waiting { waited });
            next_word = waited + SAY;
        }
        thread::sleep(POLL);
    }
    Ok(if next_word.is_zero() { Duration::ZERO } else { start.elapsed() })
}

/// Gives the locks back before the connection is gone, so that the next runner need not wait for that.
pub(super) fn release(conn: &mut Conn) {
    // Where this fails the connection is broken, and the locks went with it.
    let _ = diesel::sql_query("select pg_advisory_unlock_all()").execute(conn);
}

fn try_all(conn: &mut Conn, ids: [i64; 2]) -> QueryResult<bool> {
    for id in ids {
        let taken: bool = diesel::select(sql::<Bool>("pg_try_advisory_lock(").bind::<BigInt, _>(id).sql(")"))
            .get_result(conn)?;
        if !taken {
            release(conn);
            return Ok(false);
        }
    }
    Ok(true)
}

/// Both lock ids that golang-migrate uses for this ledger. Its library takes the database's name from
/// `current_database()`, its command from the path of the URL, which begins with a slash.
fn ids(conn: &mut Conn) -> QueryResult<[i64; 2]> {
    let database: String = diesel::select(sql::<Text>("current_database()::text")).get_result(conn)?;
    Ok([id(&database), id(&format!("/{database}"))])
}

/// golang-migrate puts the names of the schema and of the table before that of the database.
fn id(database: &str) -> i64 {
    let names = ["public", "schema_migrations", database].join("\0");
    i64::from(crc32(names.as_bytes()).wrapping_mul(SALT))
}

/// CRC-32 as in IEEE 802.3.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| {
        (0..8).fold(
            crc ^ u32::from(*byte),
            |crc, _| {
                if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 }
            },
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crc32_gives_its_check_value() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
    }

    /// The numbers stood in `pg_locks` while golang-migrate migrated databases of these names.
    #[test]
    fn the_lock_ids_are_those_of_golang_migrate() {
        for (database, by_library, by_command) in
            [("wisehosting", 1_939_745_829, 1_347_451_009), ("Wh-Data", 3_777_535_137, 340_800_958)]
        {
            assert_eq!(id(database), by_library, "{database}");
            assert_eq!(id(&format!("/{database}")), by_command, "{database}");
        }
    }
}
