-- git_tokens.upsert
-- The lock waits for whoever deletes the user at this moment.
WITH owner AS MATERIALIZED (
    SELECT id
    FROM users
    WHERE id = $1
    FOR KEY SHARE
)
INSERT INTO git_provider_tokens (user_id, provider, username, access_token)
SELECT id, $2, $3, $4
FROM owner
ON CONFLICT (user_id, provider) DO UPDATE
SET username = excluded.username, access_token = excluded.access_token, updated_at = wh_now()
