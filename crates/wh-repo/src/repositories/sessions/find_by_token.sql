-- sessions.find_by_token
SELECT id, user_id, token_hash, ip, geo, user_agent, two_factor, created_at, last_seen_at, revoked_at
FROM sessions
WHERE token_hash = $1
    AND revoked_at IS NULL
    AND last_seen_at > wh_now() - interval '720 hours'
