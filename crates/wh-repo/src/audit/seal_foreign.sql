-- audit.seal_foreign
-- Users after an id ($2) whose seal is of another key.
SELECT user_id AS id
FROM audit_seals
WHERE user_id > $2::bigint AND key_id <> $1
ORDER BY user_id
LIMIT $3
