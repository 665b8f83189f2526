-- secrets.record_previous
-- Keys of a database that was taken over: any of them may have written what is there.
INSERT INTO encryption_keys (key_id)
SELECT unnest($1::text[])
ON CONFLICT (key_id) DO NOTHING
