-- env_vars.set
-- The lock waits for whoever deletes the app at this moment, so that a deleted app gets no variable.
WITH living AS MATERIALIZED (
    SELECT id
    FROM apps
    WHERE id = $1 AND deleted_at IS NULL
    FOR NO KEY UPDATE
)
INSERT INTO app_env_vars (app_id, key, value)
SELECT id, $2, $3
FROM living
ON CONFLICT (app_id, key) DO UPDATE
SET value = excluded.value, updated_at = wh_now()
