-- sessions.bump_last_seen
-- Writes at most once a minute, unless the address or the browser changed.
WITH found AS MATERIALIZED (
    SELECT sessions.id
    FROM sessions
    JOIN users ON users.id = sessions.user_id
    WHERE sessions.id = $1::bigint
        AND revoked_at IS NULL
        AND last_seen_at > wh_now() - make_interval(secs => $4)
        AND users.is_active
    FOR NO KEY UPDATE OF sessions
), moved AS (
    UPDATE sessions
    SET last_seen_at = greatest(last_seen_at, wh_now()), ip = $2, user_agent = $3
    FROM found
    WHERE sessions.id = found.id
        AND (last_seen_at < wh_now() - interval '1 minute' OR ip <> $2 OR user_agent <> $3)
)
SELECT id
FROM found
