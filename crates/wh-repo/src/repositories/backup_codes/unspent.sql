-- backup_codes.consume: unspent
SELECT id, user_id, code_hash, used_at, created_at
FROM backup_codes
WHERE user_id = $1 AND used_at IS NULL
ORDER BY id
