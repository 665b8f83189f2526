-- pending_totps.consume
DELETE FROM pending_totps
USING users
WHERE token_hash = $1 AND users.id = pending_totps.user_id
RETURNING user_id, provider, expires_at > wh_now() AND users.is_active AS alive
