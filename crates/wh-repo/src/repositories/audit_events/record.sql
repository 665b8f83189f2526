-- audit_events.record
INSERT INTO audit_events (user_id, kind, ip, geo, user_agent, session_id, target_type, target_id, detail)
SELECT id, $2, $3, $4, $5, $6, $7, $8, $9
FROM users
WHERE id = $1
RETURNING user_id, id, kind, ip, geo, user_agent, session_id, target_type, target_id, detail, created_at
