-- audit.verify: headless
-- A user who had no head a moment ago: whether there is one now, an event, whether there are links or a seal, and whether maintenance has
-- not come to this user yet.
SELECT EXISTS (SELECT FROM audit_heads WHERE user_id = $1::bigint) AS has_head,
    (SELECT min(id) FROM audit_events WHERE user_id = $1) AS event,
    EXISTS (SELECT FROM audit_chain WHERE user_id = $1) OR EXISTS (SELECT FROM audit_seals WHERE user_id = $1) AS linked,
    EXISTS (SELECT FROM audit_backlog WHERE after_user < $1) AS waiting
