-- The next start takes the database over anew: it tries stored values, and records every key it was given.

drop table encryption_keys;
