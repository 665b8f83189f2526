-- alerts.resolve_by_source
UPDATE alerts SET
    status = 'resolved',
    resolved_at = wh_now(),
    updated_at = wh_now()
WHERE user_id = $1 AND source_type = $2 AND source_id = $3 AND status <> 'resolved'
