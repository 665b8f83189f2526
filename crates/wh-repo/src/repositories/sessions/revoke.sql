-- sessions.revoke
UPDATE sessions
SET revoked_at = coalesce(revoked_at, wh_now())
WHERE id = $1 AND user_id = $2
