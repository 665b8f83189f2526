-- wh: no-transaction
-- One account per address, whatever its spelling. users_email_key stays until no process from before looks for an exact address.
create unique index concurrently users_email_folded_key on users (wh_email_key(email));
