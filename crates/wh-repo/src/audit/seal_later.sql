-- audit.seal_later
UPDATE audit_heads
SET unsealed_since = wh_now()
WHERE user_id = $1::bigint
