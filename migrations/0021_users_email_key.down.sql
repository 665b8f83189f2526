drop function wh_email_key(text);
drop function wh_email_trimmed(text);
