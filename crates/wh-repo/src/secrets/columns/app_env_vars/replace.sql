-- secrets.replace: app_env_vars
-- A row whose value changed since it was read keeps it. A row that another transaction locked is skipped, so this statement waits
-- for nobody and takes no part in a deadlock.
WITH due AS MATERIALIZED (
    SELECT new.id, new.part, new.sealed
    FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[]) AS new (id, part, seen, sealed)
    JOIN app_env_vars AS held ON held.app_id = new.id AND held.key = new.part
    WHERE held.value = new.seen
    FOR NO KEY UPDATE OF held SKIP LOCKED
)
UPDATE app_env_vars AS held
SET value = due.sealed
FROM due
WHERE held.app_id = due.id AND held.key = due.part
