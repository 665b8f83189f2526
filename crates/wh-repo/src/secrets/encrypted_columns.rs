//! The encrypted columns, and the statements by which they are read and rewritten as a whole.
//!
//! The row of a value is spelled as [`Place`](crate::secrets::Place) does, because the form `v2` authenticates it; a test
//! opens values of every operation through these statements.

/// An encrypted column. The key of its table is seen as a number and a text, of which the text may be empty.
#[derive(Debug)]
pub(crate) struct EncryptedColumn {
    pub(crate) table: &'static str,
    pub(crate) column: &'static str,
    /// The rows after a key: `$1`, `$2` the key, `$3` how many at most, `$4` how many bytes of values at most, where the
    /// first row comes whatever its size. Rows without a value come too, so that the work is bounded by the rows passed.
    pub(crate) page: &'static str,
    /// Replaces values: `$1`, `$2` the keys, `$3` what was read there, `$4` what takes its place. A row that has another value
    /// by now keeps it, and a row that somebody else has locked is passed over: this waits for nobody, so that it has no
    /// part in a deadlock.
    pub(crate) replace: &'static str,
    /// Some of the oldest and of the newest values that are encrypted.
    pub(crate) sample: &'static str,
}

/// Makes the statements of a column: the key of its table, what comes after `($1, $2)`, how a row is found by `new` and by
/// `due`, and how its place is spelled.
macro_rules! encrypted {
    ($table:literal, $column:literal, key $id:literal, $part:literal, place $place:literal, order $order:literal,
        newest $newest:literal, after $after:literal, new $new:literal, due $due:literal) => {
        EncryptedColumn {
            table: $table,
            column: $column,
            page: concat!(
                "SELECT id, part, place, stored FROM (SELECT id, part, place, stored, \
                sum(octet_length(stored)) OVER (ORDER BY id, part ROWS UNBOUNDED PRECEDING) - octet_length(stored) AS before \
                FROM (SELECT ", $id, " AS id, ", $part, " AS part, ", $place, " AS place, ", $column, " AS stored FROM ",
                $table, " WHERE ", $after, " ORDER BY ", $order, " LIMIT $3) AS page) AS sized \
                WHERE before < $4 ORDER BY id, part"
            ),
            replace: concat!(
                "WITH due AS MATERIALIZED (SELECT new.id, new.part, new.sealed \
                FROM unnest($1, $2, $3, $4) AS new (id, part, seen, sealed) JOIN ", $table, " AS held ON ", $new,
                " WHERE held.", $column, " = new.seen FOR NO KEY UPDATE OF held SKIP LOCKED) \
                UPDATE ", $table, " AS held SET ", $column, " = due.sealed FROM due WHERE ", $due
            ),
            sample: concat!(
                "(SELECT ", $place, " AS place, ", $column, " AS stored FROM ", $table,
                " WHERE substr(", $column, ", 1, 3) IN ('v1:', 'v2:') ORDER BY ", $order, " LIMIT 3) UNION \
                (SELECT ", $place, ", ", $column, " FROM ", $table,
                " WHERE substr(", $column, ", 1, 3) IN ('v1:', 'v2:') ORDER BY ", $newest, " LIMIT 3)"
            ),
        }
    };
    // A table with a key of one number.
    ($table:literal, $column:literal, place $place:literal) => {
        encrypted!($table, $column, key "id", "''::text", place $place, order "id", newest "id DESC",
            after "id > $1 AND $2 = ''", new "held.id = new.id", due "held.id = due.id")
    };
}

/// Every column that the ledger of columns calls encrypted; a test compares the two.
pub(crate) static ENCRYPTED_COLUMNS: &[EncryptedColumn] = &[
    encrypted!("app_env_vars", "value", key "app_id", "key", place "app_id || '/' || key",
        order "app_id, key", newest "app_id DESC, key DESC", after "(app_id, key) > ($1, $2)",
        new "held.app_id = new.id AND held.key = new.part", due "held.app_id = due.id AND held.key = due.part"),
    encrypted!("git_provider_tokens", "access_token", place "user_id || '/' || provider"),
    encrypted!("jobs", "payload", place "id::text"),
    encrypted!("users", "totp_secret", place "id::text"),
    encrypted!("webhooks", "secret", place "id::text"),
];

#[cfg(test)]
mod tests {
    use wh_schema::columns::{ALL, Class};

    use super::ENCRYPTED_COLUMNS;

    #[test]
    fn every_column_that_the_ledger_calls_encrypted_is_here_and_no_other() {
        let known: Vec<_> = ENCRYPTED_COLUMNS.iter().map(|column| (column.table, column.column)).collect();
        let classified = ALL.iter().filter(|column| column.class == Class::Encrypted);
        let classified: Vec<_> = classified.map(|column| (column.table, column.name)).collect();
        assert!(classified.len() >= 5, "{classified:?}");
        assert_eq!(known, classified);
    }
}
