-- domains.mark_verified
UPDATE domains SET
    verified = true,
    verified_at = coalesce(verified_at, wh_now()),
    last_checked_at = wh_now(),
    last_check_error = ''
WHERE id = $1
    AND NOT EXISTS (
        SELECT
        FROM domains AS other
        WHERE other.hostname = domains.hostname AND other.verified AND other.id <> domains.id
    )
