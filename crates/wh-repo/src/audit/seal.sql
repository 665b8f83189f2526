-- audit.seal
-- A seal never goes back, also where two processes seal at once.
WITH sealed AS (
    INSERT INTO audit_seals (user_id, place, hash, sealed_at, key_id, mac)
    SELECT user_id, $2::bigint, decode($3, 'hex'), $4, $5, decode($6, 'hex')
    FROM audit_heads
    WHERE user_id = $1::bigint
    ON CONFLICT (user_id) DO UPDATE
    SET place = excluded.place, hash = excluded.hash, sealed_at = excluded.sealed_at, key_id = excluded.key_id, mac = excluded.mac
    WHERE audit_seals.place <= excluded.place
    RETURNING place
)
UPDATE audit_heads
SET unsealed_since = CASE WHEN audit_heads.place > sealed.place THEN wh_now() END
FROM sealed
WHERE audit_heads.user_id = $1
