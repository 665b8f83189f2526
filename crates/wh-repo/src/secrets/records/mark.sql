-- secrets.mark
-- Marks the keys that no open connection encrypts with, and clears older marks of the others. Locks: see list.sql.
UPDATE encryption_keys
SET retiring = CASE
        WHEN EXISTS (
            SELECT
            FROM pg_locks
            WHERE locktype = 'advisory'
                AND objsubid = 2
                AND classid = $3::integer::oid
                AND objid = (hashtext(key_id)::bigint & 4294967295)::oid
                AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        ) THEN NULL
        ELSE $1::uuid
    END
WHERE key_id <> $2
