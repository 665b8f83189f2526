-- users.accept_totp_step
-- Leaves `updated_at`: a used step is no part of what a user is shown.
WITH blocked AS (
    SELECT extract(epoch FROM failed_since + interval '15 minutes' - wh_now())::double precision AS seconds
    FROM second_factor_failures
    WHERE user_id = $1::bigint
        AND failures >= $3
        AND failed_since > wh_now() - interval '15 minutes'
), found AS MATERIALIZED (
    SELECT id, totp_secret <> '' AS enrolled, totp_last_step
    FROM users
    WHERE id = $1
    FOR NO KEY UPDATE
), moved AS (
    UPDATE users
    SET totp_last_step = $2::bigint
    FROM found
    WHERE users.id = found.id
        AND found.enrolled
        AND (found.totp_last_step IS NULL OR found.totp_last_step < $2)
        AND NOT EXISTS (SELECT FROM blocked)
    RETURNING users.id
), forgotten AS (
    DELETE FROM second_factor_failures
    USING moved
    WHERE second_factor_failures.user_id = moved.id
)
SELECT enrolled, EXISTS (SELECT FROM moved) AS fresh, (SELECT seconds FROM blocked) AS blocked_seconds
FROM found
