-- audit.verify: links
-- The head of a user, its seal if there is one, and the links after a place ($2), at most $3, whose details have at most $4 bytes in all; the first whatever
-- its size. One row without a link if there is none.
SELECT head.place AS head_place, encode(head.hash, 'hex') AS head_hash,
    head.anchor_place, encode(head.anchor_hash, 'hex') AS anchor_hash,
    (SELECT max(place) FROM audit_chain WHERE user_id = $1) AS last_place, wh_now() AS now,
    seal.place AS seal_place, encode(seal.hash, 'hex') AS seal_hash, seal.sealed_at AS seal_at, seal.key_id AS seal_key,
    encode(seal.mac, 'hex') AS seal_mac,
    page.place, page.event_id, page.hash, page.found, page.at, page.kind, page.session_id, page.ip, page.geo, page.user_agent,
    page.target_type, page.target_id, page.detail
FROM audit_heads AS head
LEFT JOIN audit_seals AS seal ON seal.user_id = head.user_id
LEFT JOIN LATERAL (
    SELECT place, event_id, hash, found, at, kind, session_id, ip, geo, user_agent, target_type, target_id, detail,
        sum(octet_length(detail)) OVER (ORDER BY place ROWS UNBOUNDED PRECEDING) - octet_length(detail) AS before
    FROM (
        SELECT link.place, link.event_id, encode(link.hash, 'hex') AS hash, event.id IS NOT NULL AS found,
            trunc(extract(epoch FROM event.created_at) * 1000000)::text AS at, event.kind,
            coalesce(event.session_id::text, '') AS session_id, event.ip, event.geo, event.user_agent, event.target_type,
            event.target_id, coalesce(event.detail::text, '') AS detail
        FROM (
            SELECT place, event_id, hash
            FROM audit_chain
            WHERE user_id = head.user_id AND place > greatest($2::bigint, head.anchor_place)
            ORDER BY place
            LIMIT $3
        ) AS link
        LEFT JOIN audit_events AS event ON event.user_id = head.user_id AND event.id = link.event_id
    ) AS linked
) AS page ON page.before < $4::bigint
WHERE head.user_id = $1::bigint
ORDER BY page.place
