-- maintenance.coming_log_days: whether lines without a partition are in the way
-- Split: an earlier run has split the default partition, and did not come to the end. Many: days are missing ($2), and making one
-- would have to look at more than $1 lines.
SELECT
    (SELECT relkind = 'p' FROM pg_class WHERE oid = 'public.runtime_logs_default'::regclass) AS split,
    CASE
        WHEN $2::boolean THEN
            (SELECT count(*) FROM (SELECT FROM runtime_logs_default LIMIT $1::bigint + 1) AS some_lines) > $1::bigint
        ELSE false
    END AS many
