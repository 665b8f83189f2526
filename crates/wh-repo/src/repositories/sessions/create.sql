-- sessions.create
-- No row: no such user, or a session with this token that was not committed yet when the statement began.
WITH made AS (
    INSERT INTO sessions (user_id, token_hash, ip, geo, user_agent, two_factor)
    SELECT id, $2::text, $3, $4, $5, $6
    FROM users
    WHERE id = $1::bigint
    ON CONFLICT (token_hash) DO NOTHING
    RETURNING id, user_id, token_hash, ip, geo, user_agent, two_factor, created_at, last_seen_at, revoked_at
)
SELECT id, user_id, token_hash, ip, geo, user_agent, two_factor, created_at, last_seen_at, revoked_at
FROM made
UNION ALL
SELECT id, user_id, token_hash, ip, geo, user_agent, two_factor, created_at, last_seen_at, revoked_at
FROM sessions
WHERE token_hash = $2 AND NOT EXISTS (SELECT FROM made)
