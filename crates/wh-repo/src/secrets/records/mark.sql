-- secrets.mark
UPDATE encryption_keys
SET retiring = $1
WHERE key_id <> $2
