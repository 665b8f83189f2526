//! What the schema `public` consists of, as text, so that two states of it can be compared.

use std::collections::BTreeSet;

use tokio_postgres::Client;

/// One line per thing: relations, columns, constraints, indexes, triggers, functions, sequences, with their comments.
/// The migration ledger and the dated partitions are left out, since they tell of history and not of shape.
const DESCRIBE: &str = r#"
with relation as (
    select oid, relname, relkind, relpersistence, reloptions, relispartition, relpartbound, relacl
    from pg_class
    where relnamespace = 'public'::regnamespace
      and relname !~ '^(schema_migrations|runtime_logs_[0-9]{8})(_|$)'
), line (what, name, text) as (
    select 'relation', relname,
           concat_ws(' ', relkind, relpersistence, reloptions::text, relacl::text,
                     case when relkind = 'p' then pg_get_partkeydef(oid) end,
                     case when relispartition then pg_get_expr(relpartbound, oid) end)
           || coalesce(' -- ' || obj_description(oid, 'pg_class'), '')
    from relation
    where relkind <> 'i' or relispartition
    union all
    select 'column', relname || '.' || attname,
           concat_ws(' ', lpad((row_number() over (partition by relation.oid order by attnum))::text, 2, '0'),
                     format_type(atttypid, atttypmod), case when attnotnull then 'not null' end,
                     'default ' || pg_get_expr(adbin, adrelid), nullif('identity ' || attidentity::text, 'identity '),
                     nullif('generated ' || attgenerated::text, 'generated '))
           || coalesce(' -- ' || col_description(relation.oid, attnum), '')
    from relation
    join pg_attribute on attrelid = relation.oid and attnum > 0 and not attisdropped
    left join pg_attrdef on adrelid = attrelid and adnum = attnum
    where relkind in ('r', 'p', 'v', 'm', 'c')
    union all
    select 'constraint', relname || '.' || conname,
           pg_get_constraintdef(pg_constraint.oid)
           || coalesce(' -- ' || obj_description(pg_constraint.oid, 'pg_constraint'), '')
    from relation join pg_constraint on conrelid = relation.oid
    union all
    select 'index', table_.relname || '.' || relation.relname,
           pg_get_indexdef(indexrelid) || case when indisvalid then '' else ' INVALID' end
           || coalesce(' -- ' || obj_description(indexrelid, 'pg_class'), '')
    from relation
    join pg_index on indexrelid = relation.oid
    join pg_class table_ on table_.oid = indrelid
    union all
    select 'trigger', relname || '.' || tgname,
           pg_get_triggerdef(pg_trigger.oid) || ' ' || tgenabled::text
           || coalesce(' -- ' || obj_description(pg_trigger.oid, 'pg_trigger'), '')
    from relation join pg_trigger on tgrelid = relation.oid and not tgisinternal
    union all
    select 'function', oid::regprocedure::text,
           pg_get_functiondef(oid) || coalesce(' -- ' || obj_description(oid, 'pg_proc'), '')
    from pg_proc
    where pronamespace = 'public'::regnamespace and prokind in ('f', 'p')
    union all
    select 'sequence', relname,
           concat_ws(' ', seqtypid::regtype, seqstart, seqincrement, seqmin, seqmax, seqcache, seqcycle,
                     'of', refobjid::regclass || '.' || attname)
    from relation
    join pg_sequence on seqrelid = relation.oid
    left join pg_depend on pg_depend.classid = 'pg_class'::regclass and objid = seqrelid and deptype in ('a', 'i')
    left join pg_attribute on attrelid = refobjid and attnum = refobjsubid
    union all
    select 'type', typname, concat_ws(' ', typtype, format_type(typbasetype, typtypmod))
    from pg_type
    where typnamespace = 'public'::regnamespace and typtype in ('d', 'e', 'r')
)
select described
from (select format('%s %s: %s', what, name, replace(text, E'\n', E'\\n')) as described from line) lines
order by described collate "C"
"#;

/// Describes the schema `public`, one line per thing, sorted. One round trip.
///
/// # Panics
/// Where Postgres refuses: this is a test kit.
#[expect(clippy::expect_used, reason = "set-up of a test")]
pub async fn describe(client: &Client) -> String {
    let rows = client.query(DESCRIBE, &[]).await.expect("read the catalogue");
    rows.iter().map(|row| row.get::<_, String>(0) + "\n").collect()
}

/// What differs between two descriptions: lines that went begin with `-`, lines that came with `+`. `None` where they
/// are equal.
#[must_use]
pub fn diff(before: &str, after: &str) -> Option<String> {
    let (old, new): (BTreeSet<_>, BTreeSet<_>) = (before.lines().collect(), after.lines().collect());
    let gone = old.difference(&new).map(|line| format!("- {line}\n"));
    let came = new.difference(&old).map(|line| format!("+ {line}\n"));
    let lines: String = gone.chain(came).collect();
    (!lines.is_empty()).then_some(lines)
}

#[cfg(test)]
mod tests {
    use super::diff;

    #[test]
    fn a_diff_shows_what_went_and_what_came() {
        assert_eq!(diff("a\nb\n", "a\nb\n"), None);
        assert_eq!(diff("a\nb\n", "a\nc\n").as_deref(), Some("- b\n+ c\n"));
    }
}
