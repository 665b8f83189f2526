-- workers.mark_online
UPDATE workers
SET status = 'online', last_heartbeat_at = wh_now(), offline_since = NULL, updated_at = wh_now()
WHERE id = $1
RETURNING api_key_hash
