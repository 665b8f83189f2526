-- secrets.page: git_provider_tokens
-- The rows after a key ($1, $2), at most $3, whose values have at most $4 bytes in all; the first row whatever its size. Rows
-- without a value come too, so that the work is bounded by the rows passed.
SELECT id, part, place, stored
FROM (
    SELECT id, part, place, stored,
        sum(octet_length(stored)) OVER (ORDER BY id, part ROWS UNBOUNDED PRECEDING) - octet_length(stored) AS before
    FROM (
        SELECT id, ''::text AS part, user_id || '/' || provider AS place, access_token AS stored
        FROM git_provider_tokens
        WHERE id > $1::bigint AND $2::text = ''
        ORDER BY id
        LIMIT $3
    ) AS page
) AS sized
WHERE before < $4::bigint
ORDER BY id, part
