-- sessions.authenticate
-- Writes at most once a minute, unless the address or the browser changed. A session that is revoked at this moment is not touched.
WITH found AS MATERIALIZED (
    SELECT sessions.id AS session_id, token_hash, ip, geo, user_agent, two_factor, sessions.created_at AS began_at, last_seen_at,
        users.id, email, google_id, name, avatar_url, plan, theme_pref, is_active, users.created_at, updated_at, totp_enabled,
        totp_verified_at
    FROM sessions
    JOIN users ON users.id = sessions.user_id
    WHERE token_hash = $1::text
        AND revoked_at IS NULL
        AND last_seen_at > wh_now() - make_interval(secs => $4)
        AND users.is_active
), moved AS (
    UPDATE sessions
    SET last_seen_at = greatest(sessions.last_seen_at, wh_now()), ip = $2::text, user_agent = $3::text
    FROM found
    WHERE sessions.id = found.session_id
        AND sessions.revoked_at IS NULL
        AND (sessions.last_seen_at < wh_now() - interval '1 minute' OR sessions.ip <> $2 OR sessions.user_agent <> $3)
    RETURNING sessions.ip, sessions.user_agent, sessions.last_seen_at
)
SELECT found.session_id,
    found.token_hash,
    coalesce(moved.ip, found.ip) AS ip,
    found.geo,
    coalesce(moved.user_agent, found.user_agent) AS user_agent,
    found.two_factor,
    found.began_at,
    coalesce(moved.last_seen_at, found.last_seen_at) AS last_seen_at,
    found.id, email, google_id, name, avatar_url, plan, theme_pref, is_active, created_at, updated_at, totp_enabled,
    totp_verified_at
FROM found
LEFT JOIN moved ON true
