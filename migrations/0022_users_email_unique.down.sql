-- wh: no-transaction
drop index concurrently users_email_folded_key;
