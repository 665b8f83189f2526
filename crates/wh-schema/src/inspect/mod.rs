//! A look at a database, for operators: settings that break the data layer, sequences behind their tables, and how to mend
//! them. Looking changes nothing.

mod finding;
mod sequences;

use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Bool, Integer, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

pub use finding::{Finding, InspectError, Severity};
pub use sequences::{Repaired, repair_sequences};

/// Oldest server that the data layer works with, in the form of `server_version_num`.
const OLDEST_SERVER: i32 = 150_000;

const SETTINGS: &str = "\
select current_setting('server_encoding') as encoding, current_setting('server_version_num')::integer as version,
    current_setting('server_version') as version_name, current_setting('lc_messages') as lc_messages,
    current_setting('client_connection_check_interval') as connection_check,
    array(
        select case when setrole = 0 then 'database ' || current_database() else 'role ' || current_user end
            || E'\\t' || setting
        from pg_db_role_setting
        cross join unnest(setconfig) as setting
        where setrole in (0, (select oid from pg_roles where rolname = current_user))
          and setdatabase in (0, (select oid from pg_database where datname = current_database()))
    ) as pinned,
    array(
        select 'public.' || quote_ident(relname) from pg_index
        join pg_class on pg_class.oid = indexrelid and relnamespace = 'public'::regnamespace
        where not indisvalid and relkind = 'i'
        order by 1
    ) as invalid_indexes,
    to_regclass('public.runtime_logs') is null or exists (
        select from pg_inherits
        join pg_class on pg_class.oid = inhrelid
        where inhparent = to_regclass('public.runtime_logs')
          and substring(pg_get_expr(relpartbound, pg_class.oid) from 'TO \\(''([^'']+)''\\)')::timestamptz > now() + interval '1 day'
    ) as coming_days,
    array(
        select relname::text || E'\\t' || privilege from pg_class
        cross join unnest(case relkind
            when 'S' then array['USAGE', 'SELECT'] else array['SELECT', 'INSERT', 'UPDATE', 'DELETE'] end) as privilege
        where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'S') and not relispartition
          and not case relkind when 'S' then has_sequence_privilege(oid, privilege) else has_table_privilege(oid, privilege) end
        order by 1
    ) as missing_privileges,
    pg_is_in_recovery() as standby";

#[derive(QueryableByName)]
struct Settings {
    #[diesel(sql_type = Text)]
    encoding: String,
    #[diesel(sql_type = Integer)]
    version: i32,
    #[diesel(sql_type = Text)]
    version_name: String,
    #[diesel(sql_type = Text)]
    lc_messages: String,
    #[diesel(sql_type = Text)]
    connection_check: String,
    #[diesel(sql_type = Array<Text>)]
    pinned: Vec<String>,
    #[diesel(sql_type = Array<Text>)]
    invalid_indexes: Vec<String>,
    #[diesel(sql_type = Bool)]
    coming_days: bool,
    #[diesel(sql_type = Array<Text>)]
    missing_privileges: Vec<String>,
    #[diesel(sql_type = Bool)]
    standby: bool,
}

/// What [`sequences`] asks about a table and its sequence.
#[derive(QueryableByName)]
struct Ids {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = BigInt)]
    largest: i64,
    #[diesel(sql_type = BigInt)]
    next: i64,
}

/// Looks at the database and the settings of this connection's role, worst finding first. Nothing found means that the layer
/// can work here.
///
/// Two round trips, three if the schema is there. Reads each table's largest id: by its key where that begins with the id, else
/// (`audit_events`, `webhook_deliveries`) by reading the table once. The lines of the last two days stand for `runtime_logs`.
///
/// # Errors
/// [`InspectError`] if Postgres refuses or cannot be reached.
pub async fn inspect(conn: &AsyncPgConnection) -> Result<Vec<Finding>, InspectError> {
    let mut conn = conn;
    let settings: Settings = diesel::sql_query(SETTINGS)
        .get_result(&mut conn)
        .await
        .map_err(InspectError::new("read the settings of the server"))?;
    let mut found = judge(&settings);
    if !settings.standby && settings.missing_privileges.is_empty() {
        let behind = sequences::behind(conn).await?;
        found.extend(behind.into_iter().map(|(sequence, ids)| Finding::SequenceBehind {
            table: sequence.table_name,
            column: sequence.column_name,
            next: ids.next,
            largest: ids.largest,
        }));
    }
    found.sort_by_key(Finding::severity);
    Ok(found)
}

fn judge(settings: &Settings) -> Vec<Finding> {
    let mut found = Vec::new();
    if settings.encoding != "UTF8" {
        found.push(Finding::Encoding { encoding: settings.encoding.clone() });
    }
    if settings.version < OLDEST_SERVER {
        found.push(Finding::OldServer { version: settings.version_name.clone() });
    }
    if !is_english(&settings.lc_messages) {
        found.push(Finding::Messages { lc_messages: settings.lc_messages.clone() });
    }
    if settings.connection_check == "0" {
        found.push(Finding::ConnectionCheck);
    }
    for setting in &settings.pinned {
        let Some((place, (name, value))) =
            setting.split_once('\t').and_then(|(place, setting)| Some((place, setting.split_once('=')?)))
        else {
            continue;
        };
        let (place, value) = (place.to_owned(), value.to_owned());
        match name {
            "search_path" if value != "public" => found.push(Finding::SearchPath { place, value }),
            "default_transaction_isolation" if value != "read committed" => {
                found.push(Finding::Isolation { place, value });
            }
            "default_transaction_read_only" if value == "on" => found.push(Finding::ReadOnly { place }),
            _ => {}
        }
    }
    if !settings.coming_days {
        found.push(Finding::NoComingDays);
    }
    if let [missing, more @ ..] = settings.missing_privileges.as_slice()
        && let Some((relation, privilege)) = missing.split_once('\t')
    {
        let (relation, privilege) = (relation.to_owned(), privilege.to_owned());
        found.push(Finding::Privileges { privilege, relation, more: more.len() });
    }
    found.extend(settings.invalid_indexes.iter().map(|index| Finding::InvalidIndex { index: index.clone() }));
    found
}

/// The locales whose messages are those of the sources.
fn is_english(lc_messages: &str) -> bool {
    let language = lc_messages.split(['_', '.', '@', '-']).next().unwrap_or_default();
    matches!(language.to_ascii_lowercase().as_str(), "" | "c" | "posix" | "en" | "english")
}

#[cfg(test)]
mod tests {
    use super::is_english;

    #[test]
    fn messages_are_english_in_these_locales() {
        for english in [
            "",
            "C",
            "POSIX",
            "C.UTF-8",
            "C.utf8",
            "en_US.UTF-8",
            "en_GB",
            "en",
            "en-US",
            "English_United States.1252",
        ] {
            assert!(is_english(english), "{english}");
        }
        for other in ["de_DE.UTF-8", "fr_FR", "es", "ja_JP.utf8", "eno_XX"] {
            assert!(!is_english(other), "{other}");
        }
    }
}
