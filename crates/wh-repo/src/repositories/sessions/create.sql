-- sessions.create
-- The lock waits for whoever deactivates or deletes the user at this moment. No row: no such user, a deactivated one, or a session
-- with this token that had not committed when the statement began.
WITH owner AS MATERIALIZED (
    SELECT id
    FROM users
    WHERE id = $1::bigint AND is_active
    FOR NO KEY UPDATE
), made AS (
    INSERT INTO sessions (user_id, token_hash, ip, geo, user_agent, two_factor)
    SELECT id, $2::text, $3, $4, $5, $6::boolean
    FROM owner
    ON CONFLICT (token_hash) DO NOTHING
    RETURNING id, user_id, token_hash, ip, geo, user_agent, two_factor, created_at, last_seen_at, revoked_at
)
SELECT id, user_id, token_hash, ip, geo, user_agent, two_factor, created_at, last_seen_at, revoked_at, true AS alive
FROM made
UNION ALL
SELECT sessions.id, user_id, token_hash, ip, geo, user_agent, two_factor, created_at, last_seen_at, revoked_at,
    revoked_at IS NULL AND last_seen_at > wh_now() - make_interval(secs => $7)
FROM owner, sessions
WHERE token_hash = $2 AND NOT EXISTS (SELECT FROM made)
