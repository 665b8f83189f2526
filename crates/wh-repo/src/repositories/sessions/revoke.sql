-- sessions.revoke
WITH found AS MATERIALIZED (
    SELECT id, revoked_at
    FROM sessions
    WHERE id = $1::bigint AND user_id = $2
    FOR NO KEY UPDATE
), ended AS (
    UPDATE sessions
    SET revoked_at = wh_now()
    FROM found
    WHERE sessions.id = found.id AND found.revoked_at IS NULL
)
SELECT revoked_at IS NULL AS fresh
FROM found
