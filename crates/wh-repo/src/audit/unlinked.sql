-- audit.verify: unlinked
-- The events of a user after one of them ($2), at most $3: how many, the last, the first that should have a link and has none, and
-- how many wait for theirs.
WITH page AS (
    SELECT event.id, link.place
    FROM audit_events AS event
    LEFT JOIN audit_chain AS link ON link.user_id = event.user_id AND link.event_id = event.id
    WHERE event.user_id = $1::bigint AND event.id > $2::bigint
    ORDER BY event.id
    LIMIT $3
)
SELECT count(page.id) AS events,
    max(page.id) AS last,
    min(page.id) FILTER (WHERE page.place IS NULL AND (head.live OR page.id <= head.event_id)) AS unlinked,
    count(page.id) FILTER (WHERE page.place IS NULL AND NOT head.live AND page.id > head.event_id) AS waiting
FROM audit_heads AS head
LEFT JOIN page ON true
WHERE head.user_id = $1
