-- audit.seal_due
-- Users whose head has been waiting for its seal for a day, if the key of the seals ($1) is on record.
SELECT user_id AS id
FROM audit_heads
WHERE unsealed_since <= wh_now() - interval '1 day'
    AND EXISTS (SELECT FROM encryption_keys WHERE key_id = $1)
ORDER BY unsealed_since
LIMIT $2
