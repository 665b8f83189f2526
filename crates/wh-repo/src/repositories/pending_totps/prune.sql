-- pending_totps.prune
-- The keys go to DELETE as an array: joined by key, a plan for all limits would read the whole table.
DELETE FROM pending_totps
WHERE token_hash = ANY (ARRAY(
    SELECT token_hash
    FROM pending_totps
    WHERE expires_at <= wh_now()
    ORDER BY expires_at
    LIMIT $1
    FOR UPDATE SKIP LOCKED
))
