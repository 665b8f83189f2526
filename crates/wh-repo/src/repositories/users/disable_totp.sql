-- users.disable_totp: forget
WITH moved AS (
    UPDATE users
    SET totp_enabled = false, totp_secret = '', totp_verified_at = NULL, totp_last_step = NULL, updated_at = wh_now()
    WHERE id = $1::bigint AND (totp_enabled OR totp_secret <> '')
), codes AS (
    DELETE FROM backup_codes
    WHERE user_id = $1
)
SELECT id, true AS done
FROM users
WHERE id = $1
