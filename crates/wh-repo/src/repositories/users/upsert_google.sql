-- users.upsert_google
-- No row: the address is another user's, or the user was created by a sign-in that was not committed yet when this one began.
WITH made AS (
    INSERT INTO users (google_id, email, name, avatar_url)
    VALUES ($1::text, $2::text, $3, $4)
    ON CONFLICT DO NOTHING
    RETURNING id, email, google_id, name, avatar_url, plan, theme_pref, is_active, created_at, updated_at, totp_enabled,
        totp_verified_at
), known AS (
    UPDATE users
    SET email = $2, name = $3, avatar_url = $4, updated_at = wh_now()
    WHERE google_id = $1
        AND NOT EXISTS (SELECT FROM users AS other WHERE other.email = $2 AND other.google_id <> $1)
    RETURNING id, email, google_id, name, avatar_url, plan, theme_pref, is_active, created_at, updated_at, totp_enabled,
        totp_verified_at
)
SELECT id, email, google_id, name, avatar_url, plan, theme_pref, is_active, created_at, updated_at, totp_enabled, totp_verified_at
FROM made
UNION ALL
SELECT id, email, google_id, name, avatar_url, plan, theme_pref, is_active, created_at, updated_at, totp_enabled, totp_verified_at
FROM known
