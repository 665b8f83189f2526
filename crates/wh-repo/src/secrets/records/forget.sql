-- secrets.forget
-- If the mark is still set, no connection using this key was opened since. The lock check rules out earlier ones.
DELETE FROM encryption_keys
WHERE retiring = $1
    AND key_id <> $2
    AND NOT EXISTS (
        SELECT
        FROM pg_locks
        WHERE locktype = 'advisory'
            AND objsubid = 2
            AND classid = $3::integer::oid
            AND objid = (hashtext(key_id)::bigint & 4294967295)::oid
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    )
RETURNING key_id
