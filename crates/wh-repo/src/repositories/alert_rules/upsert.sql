-- alert_rules.upsert
INSERT INTO app_alert_rules (app_id, user_id, kind, threshold, sustain_minutes, enabled)
SELECT id, user_id, $3, $4, $5, $6
FROM apps
WHERE id = $1 AND user_id = $2 AND deleted_at IS NULL
ON CONFLICT (app_id, kind) DO UPDATE SET
    threshold = excluded.threshold,
    sustain_minutes = excluded.sustain_minutes,
    enabled = excluded.enabled,
    updated_at = wh_now()
RETURNING id, app_id, user_id, kind, threshold, sustain_minutes, enabled, created_at, updated_at
