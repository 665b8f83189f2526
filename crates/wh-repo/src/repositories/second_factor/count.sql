-- second_factor.count
-- Counts an attempt, and from the one beyond the limit ($2) on only says so. An expired window begins anew.
INSERT INTO second_factor_failures AS held (user_id, failures, failed_since)
SELECT id, 1, wh_now()
FROM users
WHERE id = $1
ON CONFLICT (user_id) DO UPDATE
SET failures = CASE
        WHEN held.failed_since <= wh_now() - interval '15 minutes' THEN 1
        ELSE least(held.failures + 1, $2 + 1)
    END,
    failed_since = CASE
        WHEN held.failed_since <= wh_now() - interval '15 minutes' THEN wh_now()
        ELSE held.failed_since
    END
RETURNING failures > $2 AS beyond,
    extract(epoch FROM failed_since + interval '15 minutes' - wh_now())::double precision AS seconds
