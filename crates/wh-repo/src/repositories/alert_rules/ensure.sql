-- alert_rules.ensure
WITH app AS (
    SELECT id, user_id
    FROM apps
    WHERE id = $1 AND user_id = $2 AND deleted_at IS NULL
),
made AS (
    INSERT INTO app_alert_rules (app_id, user_id, kind, threshold, sustain_minutes)
    SELECT app.id, app.user_id, new.kind, new.threshold, new.minutes
    FROM app, unnest($3::text[], $4::integer[], $5::integer[]) AS new (kind, threshold, minutes)
    ON CONFLICT (app_id, kind) DO NOTHING
)
SELECT id
FROM app
