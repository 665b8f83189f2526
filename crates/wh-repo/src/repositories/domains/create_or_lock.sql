-- domains.create: with an answer in any case
-- A claim that came into being meanwhile is locked and read.
INSERT INTO domains (user_id, app_id, hostname, verification_token)
SELECT user_id, id, $3, $4
FROM apps
WHERE id = $2
    AND user_id = $1
    AND deleted_at IS NULL
    AND NOT EXISTS (SELECT FROM workers WHERE lower(btrim(zone, '.')) = ANY ($5::text[]))
ON CONFLICT (app_id, hostname) DO UPDATE SET hostname = domains.hostname
RETURNING
    id, user_id, app_id, hostname, verification_token, verified, verified_at, last_checked_at, last_check_error, created_at
