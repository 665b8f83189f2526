-- users.enable_totp
-- Looks only at the row as it was locked. The UPDATE itself starts from the version before it waited, and Postgres checks that
-- version against the table's rules first: hence it writes the secret too.
WITH found AS MATERIALIZED (
    SELECT id, totp_secret, totp_enabled
    FROM users
    WHERE id = $1::bigint
    FOR UPDATE
), moved AS (
    UPDATE users
    SET totp_enabled = true, totp_secret = found.totp_secret, totp_verified_at = wh_now(), updated_at = wh_now()
    FROM found
    WHERE users.id = found.id AND found.totp_secret <> '' AND NOT found.totp_enabled
)
SELECT id, totp_secret <> '' AS done
FROM found
