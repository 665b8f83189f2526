-- secrets.sample: git_provider_tokens
-- Some of the oldest and of the newest encrypted values.
(
    SELECT user_id || '/' || provider AS place, access_token AS stored
    FROM git_provider_tokens
    WHERE substr(access_token, 1, 3) IN ('v1:', 'v2:')
    ORDER BY id
    LIMIT 3
)
UNION
(
    SELECT user_id || '/' || provider, access_token
    FROM git_provider_tokens
    WHERE substr(access_token, 1, 3) IN ('v1:', 'v2:')
    ORDER BY id DESC
    LIMIT 3
)
