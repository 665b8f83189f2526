-- workers.delete
DELETE FROM workers
WHERE id = $1
RETURNING api_key_hash
