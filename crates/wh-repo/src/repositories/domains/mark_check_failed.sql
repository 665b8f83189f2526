-- domains.mark_check_failed
UPDATE domains SET
    last_checked_at = wh_now(),
    last_check_error = $2
WHERE id = $1
