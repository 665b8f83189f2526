-- runtime_logs.save
-- The join keeps a line of an app that is gone from failing the whole batch. Each app is looked up once, however many lines it
-- has.
WITH known AS MATERIALIZED (
    SELECT id
    FROM apps
    WHERE id = ANY ($6::bigint[])
)
INSERT INTO runtime_logs (app_id, worker_id, stream, line, logged_at)
SELECT new.app_id, new.worker_id, new.stream, new.line, new.logged_at
FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::timestamptz[])
    WITH ORDINALITY AS new (app_id, worker_id, stream, line, logged_at, position)
JOIN known ON known.id = new.app_id
ORDER BY new.position
