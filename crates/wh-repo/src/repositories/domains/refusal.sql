-- domains.create: why there is no domain
SELECT
    EXISTS (SELECT FROM apps WHERE id = $2 AND user_id = $1 AND deleted_at IS NULL) AS owned,
    EXISTS (SELECT FROM workers WHERE lower(btrim(zone, '.')) = ANY ($3::text[])) AS of_platform
