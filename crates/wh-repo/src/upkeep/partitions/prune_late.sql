-- maintenance.late_log_lines
-- App by app, because that is how the lines are keyed. The keys go in as arrays, of which the planner expects few.
WITH RECURSIVE app AS (
    (SELECT app_id FROM runtime_logs_default ORDER BY app_id LIMIT 1)
    UNION ALL
    SELECT (SELECT app_id FROM runtime_logs_default WHERE app_id > app.app_id ORDER BY app_id LIMIT 1)
    FROM app
    WHERE app_id IS NOT NULL
),
late AS MATERIALIZED (
    SELECT line.app_id, line.logged_at, line.id
    FROM app
    CROSS JOIN LATERAL (
        SELECT app_id, logged_at, id
        FROM runtime_logs_default
        WHERE app_id = app.app_id AND logged_at < $1
        ORDER BY logged_at
        LIMIT $2
        FOR UPDATE SKIP LOCKED
    ) AS line
    LIMIT $2
)
DELETE FROM runtime_logs_default
USING unnest(ARRAY(SELECT app_id FROM late), ARRAY(SELECT logged_at FROM late), ARRAY(SELECT id FROM late))
    AS key (app_id, logged_at, id)
WHERE runtime_logs_default.app_id = key.app_id
    AND runtime_logs_default.logged_at = key.logged_at
    AND runtime_logs_default.id = key.id
