-- runtime_logs.save
-- The joins keep a line of an app that is gone from failing the whole batch, and a worker that never was from being recorded.
-- Each is looked up once, however many lines name it. The time of a line from a clock that is ahead is the database's: it
-- would stand before all others for as long as that clock is ahead.
WITH known_app AS MATERIALIZED (
    SELECT id
    FROM apps
    WHERE id = ANY ($6::bigint[])
),
known_worker AS MATERIALIZED (
    SELECT id
    FROM workers
    WHERE id = ANY ($7::bigint[])
)
INSERT INTO runtime_logs (app_id, worker_id, stream, line, logged_at)
SELECT
    new.app_id,
    known_worker.id,
    new.stream,
    new.line,
    CASE WHEN new.logged_at > wh_now() + interval '1 minute' THEN wh_now() ELSE new.logged_at END
FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::timestamptz[])
    WITH ORDINALITY AS new (app_id, worker_id, stream, line, logged_at, position)
JOIN known_app ON known_app.id = new.app_id
LEFT JOIN known_worker ON known_worker.id = new.worker_id
ORDER BY new.position
