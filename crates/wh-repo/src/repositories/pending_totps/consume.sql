-- pending_totps.consume
DELETE FROM pending_totps
WHERE token_hash = $1
RETURNING user_id, provider, expires_at > wh_now() AS alive
