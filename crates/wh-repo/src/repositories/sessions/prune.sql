-- sessions.prune
-- The keys go to DELETE as an array: joined by key, a plan for all limits would read the whole table.
WITH revoked AS MATERIALIZED (
    SELECT id
    FROM sessions
    WHERE revoked_at IS NOT NULL AND revoked_at < wh_now() - make_interval(secs => $1)
    ORDER BY revoked_at
    LIMIT $2
    FOR UPDATE SKIP LOCKED
), idle AS MATERIALIZED (
    SELECT id
    FROM sessions
    WHERE last_seen_at < wh_now() - make_interval(secs => $3)
        AND (revoked_at IS NULL OR revoked_at >= wh_now() - make_interval(secs => $1))
    ORDER BY last_seen_at
    LIMIT $2 - (SELECT count(*) FROM revoked)
    FOR UPDATE SKIP LOCKED
)
DELETE FROM sessions
WHERE id = ANY (ARRAY(SELECT id FROM revoked UNION ALL SELECT id FROM idle))
