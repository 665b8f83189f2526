-- sessions.find
SELECT sessions.id, user_id, token_hash, ip, geo, user_agent, two_factor, sessions.created_at, last_seen_at, revoked_at
FROM sessions
JOIN users ON users.id = sessions.user_id
WHERE sessions.id = $1
    AND user_id = $2
    AND revoked_at IS NULL
    AND last_seen_at > wh_now() - make_interval(secs => $3)
    AND users.is_active
