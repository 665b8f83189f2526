-- secrets.record
INSERT INTO encryption_keys (key_id, forms, last_current_at)
VALUES ($1, $2, wh_now())
ON CONFLICT (key_id) DO UPDATE
SET forms = (
        SELECT array_agg(DISTINCT form ORDER BY form)
        FROM unnest(encryption_keys.forms || excluded.forms) AS form
    ),
    last_current_at = excluded.last_current_at,
    retiring = NULL
