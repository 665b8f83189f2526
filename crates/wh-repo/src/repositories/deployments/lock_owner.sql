-- deployments.create: lock
-- Holds off every other creation for the same user until the transaction ends, and every other one with the same UUID. It is a
-- statement of its own because the count that follows needs a snapshot that is younger than the lock. NO KEY lets sessions and
-- the like, which only refer to the user, go on. Draws the ids, so that ciphertexts can be bound to their rows before these exist.
SELECT
    plan,
    is_active,
    nextval('apps_id_seq') AS app_id,
    nextval('deployments_id_seq') AS deployment_id,
    nextval('jobs_id_seq') AS job_id,
    pg_advisory_xact_lock(hashtextextended('apps.uuid ' || $2::uuid::text, 0))
FROM users
WHERE id = $1
FOR NO KEY UPDATE
