-- pending_totps.create
-- The lock waits for whoever deactivates or deletes the user at this moment.
WITH owner AS MATERIALIZED (
    SELECT id
    FROM users
    WHERE id = $1 AND is_active
    FOR NO KEY UPDATE
), made AS (
    INSERT INTO pending_totps (token_hash, user_id, provider, expires_at)
    SELECT $2, id, $3, wh_now() + make_interval(secs => $4)
    FROM owner
    ON CONFLICT (token_hash) DO NOTHING
)
SELECT id
FROM owner
