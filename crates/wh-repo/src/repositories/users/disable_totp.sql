-- users.disable_totp
WITH found AS MATERIALIZED (
    SELECT id, totp_secret, totp_enabled
    FROM users
    WHERE id = $1::bigint
    FOR UPDATE
), moved AS (
    UPDATE users
    SET totp_enabled = false, totp_secret = '', totp_verified_at = NULL, updated_at = wh_now()
    FROM found
    WHERE users.id = found.id AND (found.totp_enabled OR found.totp_secret <> '')
), codes AS (
    DELETE FROM backup_codes
    USING found
    WHERE backup_codes.user_id = found.id
)
SELECT id, true AS done
FROM found
