-- workers.delete: lock
SELECT api_key_hash
FROM workers
WHERE id = $1
FOR UPDATE
