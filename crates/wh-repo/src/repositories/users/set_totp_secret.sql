-- users.set_totp_secret
-- FOR UPDATE, although NO KEY UPDATE would do: a row that comes in and refers to the user between this lock and the change makes
-- Postgres report a deadlock with the next caller that waits here.
WITH found AS MATERIALIZED (
    SELECT id, totp_enabled
    FROM users
    WHERE id = $1::bigint
    FOR UPDATE
), moved AS (
    UPDATE users
    SET totp_secret = $2, totp_last_step = NULL, updated_at = wh_now()
    FROM found
    WHERE users.id = found.id AND NOT found.totp_enabled
)
SELECT id, NOT totp_enabled AS done
FROM found
