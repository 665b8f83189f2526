-- env_vars.set
-- Finds the app first, so that a missing one breaks no foreign key.
INSERT INTO app_env_vars (app_id, key, value)
SELECT id, $2, $3
FROM apps
WHERE id = $1 AND deleted_at IS NULL
ON CONFLICT (app_id, key) DO UPDATE SET value = excluded.value, updated_at = wh_now()
