-- secrets.sample: webhooks
-- Some of the oldest and of the newest encrypted values.
(
    SELECT id::text AS place, secret AS stored
    FROM webhooks
    WHERE substr(secret, 1, 3) IN ('v1:', 'v2:')
    ORDER BY id
    LIMIT 3
)
UNION
(
    SELECT id::text, secret
    FROM webhooks
    WHERE substr(secret, 1, 3) IN ('v1:', 'v2:')
    ORDER BY id DESC
    LIMIT 3
)
