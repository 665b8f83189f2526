-- pending_totps.prune
-- Counters of wrong answers go with them once their window is over. The keys go to DELETE as an array: joined by key, a plan for
-- all limits would read the whole table.
WITH counters AS (
    DELETE FROM second_factor_failures
    WHERE user_id = ANY (ARRAY(
        SELECT user_id
        FROM second_factor_failures
        WHERE failed_since <= wh_now() - interval '15 minutes'
        ORDER BY failed_since
        LIMIT $1
        FOR UPDATE SKIP LOCKED
    ))
)
DELETE FROM pending_totps
WHERE token_hash = ANY (ARRAY(
    SELECT token_hash
    FROM pending_totps
    WHERE expires_at <= wh_now()
    ORDER BY expires_at
    LIMIT $1
    FOR UPDATE SKIP LOCKED
))
