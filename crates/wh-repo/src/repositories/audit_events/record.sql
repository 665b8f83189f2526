-- audit_events.record
-- The lock waits for whoever deletes the user at this moment.
WITH owner AS MATERIALIZED (
    SELECT id
    FROM users
    WHERE id = $1::bigint
    FOR KEY SHARE
)
INSERT INTO audit_events (user_id, kind, ip, geo, user_agent, session_id, target_type, target_id, detail)
SELECT id, $2, $3, $4, $5, $6::bigint, $7, $8, $9::jsonb
FROM owner
WHERE $6 IS NULL OR EXISTS (SELECT FROM sessions WHERE sessions.id = $6 AND sessions.user_id = $1)
RETURNING user_id, id, kind, ip, geo, user_agent, session_id, target_type, target_id, detail, created_at
