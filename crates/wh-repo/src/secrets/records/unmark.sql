-- secrets.unmark
-- Takes the mark from the keys that an open connection encrypts with. Runs after the mark was committed: a connection that was
-- opened before is seen here, and a later one takes the mark away itself. Locks: see list.sql.
UPDATE encryption_keys
SET retiring = NULL
WHERE retiring = $1
    AND EXISTS (
        SELECT
        FROM pg_locks
        WHERE locktype = 'advisory'
            AND objsubid = 2
            AND classid = $2::integer::oid
            AND objid = (hashtext(key_id)::bigint & 4294967295)::oid
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    )
