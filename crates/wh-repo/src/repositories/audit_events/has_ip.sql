-- audit_events.has_ip
-- The address as it is written today, or else whatever the user has that is not written so: rows from before have each address
-- as it was given. The condition is that of audit_events_user_odd_ip_idx.
WITH exact AS (
    SELECT ip
    FROM audit_events
    WHERE user_id = $1::bigint AND ip = $2::text
    LIMIT 1
)
SELECT ip
FROM exact
UNION ALL
(
    SELECT DISTINCT ip
    FROM audit_events
    WHERE user_id = $1
        AND NOT EXISTS (SELECT FROM exact)
        AND ip ~ '[^0-9a-f.:]|:.*[.]|^::ffff:|(^|:)0[0-9a-f]|(^|:)0:0(:|$)|^(?=.*::)(?:.*:){7}'
)
