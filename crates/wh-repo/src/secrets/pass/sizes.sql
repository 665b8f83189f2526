-- secrets.sizes
-- Sizes of tables as Postgres knows them without counting.
SELECT relname::text AS name, greatest(reltuples, 0)::bigint AS rows
FROM pg_class
WHERE relnamespace = 'public'::regnamespace
    AND relkind IN ('r', 'p')
    AND relname = ANY ($1::text[])
