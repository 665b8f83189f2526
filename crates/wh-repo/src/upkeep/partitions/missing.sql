-- maintenance.coming_log_days: those that no partition covers
WITH named AS (
    SELECT child.relname::text AS name
    FROM pg_inherits
    JOIN pg_class AS child ON child.oid = pg_inherits.inhrelid
    WHERE pg_inherits.inhparent = 'public.runtime_logs'::regclass
        AND child.relname ~ '^runtime_logs_[0-9]{8}(_[0-9]{8})?$'
),
covered AS (
    SELECT
        to_date(substring(name FROM 14 FOR 8), 'YYYYMMDD') AS first_day,
        coalesce(
            to_date(nullif(substring(name FROM 23), ''), 'YYYYMMDD'),
            to_date(substring(name FROM 14 FOR 8), 'YYYYMMDD') + 1
        ) AS end_day
    FROM named
)
SELECT $1::date + n AS day
FROM generate_series(0, $2::integer) AS n
WHERE NOT EXISTS (SELECT FROM covered WHERE first_day <= $1::date + n AND $1::date + n < end_day)
ORDER BY n
