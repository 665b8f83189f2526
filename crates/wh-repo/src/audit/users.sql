-- audit.users
-- Users after an id who have events, links, a head or a seal.
SELECT id
FROM users
WHERE id > $1::bigint
    AND (
        EXISTS (SELECT FROM audit_heads WHERE user_id = users.id)
        OR EXISTS (SELECT FROM audit_events WHERE user_id = users.id)
        OR EXISTS (SELECT FROM audit_chain WHERE user_id = users.id)
        OR EXISTS (SELECT FROM audit_seals WHERE user_id = users.id)
    )
ORDER BY id
LIMIT $2
