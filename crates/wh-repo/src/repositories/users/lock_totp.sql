-- users.disable_totp: lock
-- A statement of its own: the next one needs a snapshot younger than this lock, to see the codes that the last holder made.
SELECT id
FROM users
WHERE id = $1
FOR UPDATE
