-- secrets.replace: git_provider_tokens
-- A row whose value changed since it was read keeps it. A row that another transaction locked is skipped, so this statement waits
-- for nobody and takes no part in a deadlock.
WITH due AS MATERIALIZED (
    SELECT new.id, new.part, new.sealed
    FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[]) AS new (id, part, seen, sealed)
    JOIN git_provider_tokens AS held ON held.id = new.id
    WHERE held.access_token = new.seen
    FOR NO KEY UPDATE OF held SKIP LOCKED
)
UPDATE git_provider_tokens AS held
SET access_token = due.sealed
FROM due
WHERE held.id = due.id
