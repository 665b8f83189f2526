-- sessions.list
SELECT id, user_id, token_hash, ip, geo, user_agent, two_factor, created_at, last_seen_at, revoked_at
FROM sessions
WHERE user_id = $1
    AND revoked_at IS NULL
    AND last_seen_at > wh_now() - make_interval(secs => $4)
    AND id < $2
    AND EXISTS (SELECT FROM users WHERE users.id = $1 AND is_active)
ORDER BY id DESC
LIMIT $3
