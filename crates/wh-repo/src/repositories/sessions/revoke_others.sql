-- sessions.revoke_others
UPDATE sessions
SET revoked_at = wh_now()
WHERE user_id = $1 AND id <> $2 AND revoked_at IS NULL
