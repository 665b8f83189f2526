-- secrets.page: app_env_vars
-- The rows after a key ($1, $2), at most $3, whose values have at most $4 bytes in all; the first row whatever its size. Rows
-- without a value come too, so that the work is bounded by the rows passed.
SELECT id, part, place, stored
FROM (
    SELECT id, part, place, stored,
        sum(octet_length(stored)) OVER (ORDER BY id, part ROWS UNBOUNDED PRECEDING) - octet_length(stored) AS before
    FROM (
        SELECT app_id AS id, key AS part, app_id || '/' || key AS place, value AS stored
        FROM app_env_vars
        WHERE (app_id, key) > ($1::bigint, $2::text)
        ORDER BY app_id, key
        LIMIT $3
    ) AS page
) AS sized
WHERE before < $4::bigint
ORDER BY id, part
