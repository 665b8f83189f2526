-- users.set_active
-- Each change ends what the user has open: a sign-in that committed while the account was being deactivated must not come to life
-- when it is activated again. Sessions are locked in the order of their ids, like everywhere, to avoid deadlocks.
WITH found AS MATERIALIZED (
    SELECT id, email, google_id, name, avatar_url, plan, theme_pref, is_active, created_at, updated_at, totp_enabled,
        totp_verified_at
    FROM users
    WHERE id = $1::bigint
    FOR UPDATE
), moved AS (
    UPDATE users
    SET is_active = $2::boolean, updated_at = wh_now()
    FROM found
    WHERE users.id = found.id AND found.is_active <> $2
    RETURNING users.id, users.email, users.google_id, users.name, users.avatar_url, users.plan, users.theme_pref,
        users.is_active, users.created_at, users.updated_at, users.totp_enabled, users.totp_verified_at
), alive AS MATERIALIZED (
    SELECT sessions.id
    FROM found
    JOIN sessions ON sessions.user_id = found.id
    WHERE sessions.revoked_at IS NULL AND NOT (found.is_active AND $2)
    ORDER BY sessions.id
    FOR NO KEY UPDATE OF sessions
), ended AS (
    UPDATE sessions
    SET revoked_at = wh_now()
    WHERE id = ANY (ARRAY(SELECT alive.id FROM alive))
), refused AS (
    DELETE FROM pending_totps
    USING found
    WHERE pending_totps.user_id = found.id AND NOT (found.is_active AND $2)
)
SELECT id, email, google_id, name, avatar_url, plan, theme_pref, is_active, created_at, updated_at, totp_enabled, totp_verified_at
FROM moved
UNION ALL
SELECT id, email, google_id, name, avatar_url, plan, theme_pref, is_active, created_at, updated_at, totp_enabled, totp_verified_at
FROM found
WHERE is_active = $2
