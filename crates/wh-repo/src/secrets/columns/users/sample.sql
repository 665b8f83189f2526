-- secrets.sample: users
-- Some of the oldest and of the newest encrypted values.
(
    SELECT id::text AS place, totp_secret AS stored
    FROM users
    WHERE substr(totp_secret, 1, 3) IN ('v1:', 'v2:')
    ORDER BY id
    LIMIT 3
)
UNION
(
    SELECT id::text, totp_secret
    FROM users
    WHERE substr(totp_secret, 1, 3) IN ('v1:', 'v2:')
    ORDER BY id DESC
    LIMIT 3
)
