-- backup_codes.consume: spend
UPDATE backup_codes
SET used_at = wh_now()
WHERE id = $1 AND user_id = $2 AND used_at IS NULL
