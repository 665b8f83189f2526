-- secrets.keys
-- Each connection that encrypts with a key holds a shared advisory lock of class $1 in its name. `objid` is an unsigned number.
SELECT key_id, forms, first_used_at, last_current_at, retiring,
    (
        SELECT count(*)
        FROM pg_locks
        WHERE locktype = 'advisory'
            AND objsubid = 2
            AND classid = $1::integer::oid
            AND objid = (hashtext(key_id)::bigint & 4294967295)::oid
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    ) AS connections
FROM encryption_keys
ORDER BY first_used_at, key_id
