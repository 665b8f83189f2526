-- secrets.lock
-- Not a lock on the table: new connections, which look at their key there, would wait for it.
SELECT pg_advisory_xact_lock(2003331962, 0)
