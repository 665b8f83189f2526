-- webhooks.create: draws the id, which the encrypted secret is bound to
SELECT nextval('webhooks_id_seq') AS id
FROM users
WHERE id = $1
