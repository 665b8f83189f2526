-- backup_codes.replace: codes
WITH gone AS (
    DELETE FROM backup_codes
    WHERE user_id = $1::bigint
)
INSERT INTO backup_codes (user_id, code_hash)
SELECT $1, new.hash
FROM unnest($2::text[]) AS new (hash)
