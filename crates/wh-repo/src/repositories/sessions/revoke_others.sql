-- sessions.revoke_others
-- Locks sessions in the order of their ids, like everywhere, to avoid deadlocks. No row: the session to keep is no living one of
-- this user.
WITH kept AS MATERIALIZED (
    SELECT id
    FROM sessions
    WHERE id = $2::bigint
        AND user_id = $1::bigint
        AND revoked_at IS NULL
        AND last_seen_at > wh_now() - make_interval(secs => $3)
        AND EXISTS (SELECT FROM users WHERE users.id = $1 AND is_active)
), others AS MATERIALIZED (
    SELECT sessions.id
    FROM kept
    JOIN sessions ON sessions.user_id = $1 AND sessions.id <> kept.id
    WHERE sessions.revoked_at IS NULL
    ORDER BY sessions.id
    FOR NO KEY UPDATE OF sessions
), ended AS (
    UPDATE sessions
    SET revoked_at = wh_now()
    WHERE id = ANY (ARRAY(SELECT others.id FROM others))
    RETURNING id
)
SELECT (SELECT count(*) FROM ended) AS ended
FROM kept
