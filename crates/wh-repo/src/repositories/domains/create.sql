-- domains.create
-- Nothing comes back for an app that is missing or another user's, for a name of the platform, and if the same claim is being
-- made over another connection.
WITH app AS MATERIALIZED (
    SELECT id, user_id
    FROM apps
    WHERE id = $2
        AND user_id = $1
        AND deleted_at IS NULL
        AND NOT EXISTS (SELECT FROM workers WHERE lower(btrim(zone, '.')) = ANY ($5::text[]))
),
made AS (
    INSERT INTO domains (user_id, app_id, hostname, verification_token)
    SELECT user_id, id, $3, $4
    FROM app
    ON CONFLICT (app_id, hostname) DO NOTHING
    RETURNING
        id, user_id, app_id, hostname, verification_token, verified, verified_at, last_checked_at, last_check_error,
        created_at
)
SELECT
    id, user_id, app_id, hostname, verification_token, verified, verified_at, last_checked_at, last_check_error, created_at
FROM made
UNION ALL
SELECT
    domains.id, domains.user_id, domains.app_id, domains.hostname, domains.verification_token, domains.verified,
    domains.verified_at, domains.last_checked_at, domains.last_check_error, domains.created_at
FROM domains, app
WHERE domains.app_id = app.id AND domains.hostname = $3 AND NOT EXISTS (SELECT FROM made)
