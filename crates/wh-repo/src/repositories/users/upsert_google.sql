-- users.upsert_google
-- `known` is the user as locked. It is returned as it is if the account is deactivated, and updated otherwise: to the new address,
-- unless that is another account's. A new user is made unless the address is taken. No row: it is, or the same identity was
-- created by a sign-in that had not committed when this statement began.
--
-- FOR UPDATE, as an address is part of a unique key.
WITH known AS MATERIALIZED (
    SELECT id, email, google_id, name, avatar_url, plan, theme_pref, is_active, created_at, updated_at, totp_enabled,
        totp_verified_at,
        EXISTS (
            SELECT
            FROM users AS other
            WHERE wh_email_key(other.email) = wh_email_key($2::text) AND other.google_id <> $1::text
        ) AS kept_email
    FROM users
    WHERE google_id = $1
    FOR UPDATE
), moved AS (
    UPDATE users
    SET email = CASE WHEN known.kept_email THEN known.email ELSE $2 END,
        name = $3,
        avatar_url = $4,
        updated_at = wh_now()
    FROM known
    WHERE users.id = known.id AND known.is_active
    RETURNING users.id, users.email, users.google_id, users.name, users.avatar_url, users.plan, users.theme_pref,
        users.is_active, users.created_at, users.updated_at, users.totp_enabled, users.totp_verified_at, known.kept_email
), made AS (
    INSERT INTO users (google_id, email, name, avatar_url)
    SELECT $1, $2, $3, $4
    WHERE NOT EXISTS (SELECT FROM known)
        AND NOT EXISTS (SELECT FROM users WHERE wh_email_key(email) = wh_email_key($2))
    ON CONFLICT (google_id) DO NOTHING
    RETURNING id, email, google_id, name, avatar_url, plan, theme_pref, is_active, created_at, updated_at, totp_enabled,
        totp_verified_at
)
SELECT id, email, google_id, name, avatar_url, plan, theme_pref, is_active, created_at, updated_at, totp_enabled, totp_verified_at,
    kept_email
FROM moved
UNION ALL
SELECT id, email, google_id, name, avatar_url, plan, theme_pref, is_active, created_at, updated_at, totp_enabled, totp_verified_at,
    false
FROM made
UNION ALL
SELECT id, email, google_id, name, avatar_url, plan, theme_pref, is_active, created_at, updated_at, totp_enabled, totp_verified_at,
    false
FROM known
WHERE NOT is_active
