-- secrets.page: webhooks
-- The rows after a key ($1, $2), at most $3, whose values have at most $4 bytes in all; the first row whatever its size. Rows
-- without a value come too, so that the work is bounded by the rows passed.
SELECT id, part, place, stored
FROM (
    SELECT id, part, place, stored,
        sum(octet_length(stored)) OVER (ORDER BY id, part ROWS UNBOUNDED PRECEDING) - octet_length(stored) AS before
    FROM (
        SELECT id, ''::text AS part, id::text AS place, secret AS stored
        FROM webhooks
        WHERE id > $1::bigint AND $2::text = ''
        ORDER BY id
        LIMIT $3
    ) AS page
) AS sized
WHERE before < $4::bigint
ORDER BY id, part
