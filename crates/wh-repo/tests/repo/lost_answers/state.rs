//! What a database holds, so that two of them can be compared.

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use wh_repo::Error;

use crate::support::World;

/// What is made by chance, so that it differs where nothing else does.
const BY_CHANCE: &[(&str, &str)] = &[
    ("users", "totp_secret"),
    ("git_provider_tokens", "access_token"),
    ("app_env_vars", "value"),
    ("jobs", "payload"),
    ("webhooks", "secret"),
    ("pending_totps", "token_hash"),
    ("backup_codes", "code_hash"),
    // Replaced in bulk: the codes are the same, their rows are not.
    ("backup_codes", "id"),
    ("backup_codes", "created_at"),
];

/// What does not count in a comparison, beside what is made by chance.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Masked {
    /// When something was touched or seen last, which a repetition may move. When it happened counts.
    Times,
    /// All times, and ids as well: what was tried before may have drawn some.
    Names,
}

/// Every row of every table.
pub(super) struct State(Vec<(String, Map<String, Value>)>);

impl State {
    pub(super) async fn of(world: &World) -> Self {
        let client = world.postgres.client().await;
        let tables = "SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace \
            AND relkind IN ('r', 'p') AND NOT relispartition AND relname <> 'schema_migrations'";
        let tables = client.query(tables, &[]).await.unwrap();
        let select = |table: String| format!("SELECT '{table}', to_jsonb(row)::text FROM {table} row");
        let rows: Vec<String> = tables.iter().map(|table| select(table.get(0))).collect();
        let rows = client.query(&rows.join(" UNION ALL "), &[]).await.unwrap();
        Self(rows.iter().map(|row| (row.get(0), serde_json::from_str(row.get(1)).unwrap())).collect())
    }

    /// One line per row, sorted.
    pub(super) fn masked(&self, masked: Masked) -> Vec<String> {
        let line = |(table, row): &(String, Map<String, Value>)| {
            let mut row = row.clone();
            row.retain(|column, _| !masked.hides(column));
            for (_, column) in BY_CHANCE.iter().filter(|(of, _)| of == table) {
                if let Some(value) = row.get_mut(*column) {
                    *value = Value::Bool(value.as_str() != Some(""));
                }
            }
            format!("{table} {}", Value::Object(row))
        };
        let mut lines: Vec<String> = self.0.iter().map(line).collect();
        lines.sort_unstable();
        lines
    }

    /// Lines that only one of both has.
    pub(super) fn difference(&self, expected: &Self, masked: Masked) -> String {
        let (here, there) = (self.masked(masked), expected.masked(masked));
        let (here, there): (BTreeSet<_>, BTreeSet<_>) =
            (here.into_iter().collect(), there.into_iter().collect());
        let more = here.difference(&there).map(|line| format!("  is there: {line}\n"));
        let less = there.difference(&here).map(|line| format!("  expected: {line}\n"));
        more.chain(less).collect()
    }
}

impl Masked {
    fn hides(self, column: &str) -> bool {
        match self {
            Self::Times => column == "updated_at" || column.starts_with("last_") && column.ends_with("_at"),
            Self::Names => column.ends_with("_at") || column == "id" || column.ends_with("_id"),
        }
    }
}

/// A result as text. Whether a call was the one that did it, and the minute at which it looked, do not count: the first is
/// about calls, and the second is compared where it is stored.
pub(super) fn result<R: std::fmt::Debug>(result: &Result<R, Error>) -> String {
    format!("{result:?}").replace("fresh: false", "fresh: true").replace("T12:01:00Z", "T12:00:00Z")
}
