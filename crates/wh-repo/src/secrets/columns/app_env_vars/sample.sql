-- secrets.sample: app_env_vars
-- Some of the oldest and of the newest encrypted values.
(
    SELECT app_id || '/' || key AS place, value AS stored
    FROM app_env_vars
    WHERE substr(value, 1, 3) IN ('v1:', 'v2:')
    ORDER BY app_id, key
    LIMIT 3
)
UNION
(
    SELECT app_id || '/' || key, value
    FROM app_env_vars
    WHERE substr(value, 1, 3) IN ('v1:', 'v2:')
    ORDER BY app_id DESC, key DESC
    LIMIT 3
)
