-- git_tokens.upsert
INSERT INTO git_provider_tokens (user_id, provider, username, access_token)
SELECT id, $2, $3, $4
FROM users
WHERE id = $1
ON CONFLICT (user_id, provider) DO UPDATE
SET username = excluded.username, access_token = excluded.access_token, updated_at = wh_now()
