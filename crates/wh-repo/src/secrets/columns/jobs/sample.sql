-- secrets.sample: jobs
-- Some of the oldest and of the newest encrypted values.
(
    SELECT id::text AS place, payload AS stored
    FROM jobs
    WHERE substr(payload, 1, 3) IN ('v1:', 'v2:')
    ORDER BY id
    LIMIT 3
)
UNION
(
    SELECT id::text, payload
    FROM jobs
    WHERE substr(payload, 1, 3) IN ('v1:', 'v2:')
    ORDER BY id DESC
    LIMIT 3
)
