-- What makes two e-mail addresses one account, in one place.

create function wh_email_trimmed(email text) returns text
    language sql immutable parallel safe
    return btrim(
        normalize(email, NFC),
        E' \t\n\x0b\f\r\u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000'
    );

comment on function wh_email_trimmed(text) is
    'An e-mail address as it is stored: Unicode form NFC, without white space around it. Postgres inlines it.';

-- Lower case by Unicode, whatever the locale of the database: under the locale C, lower() knows ASCII alone. Postgres 17 has its own
-- rules; before, those of ICU are there unless the server was built without.
do $do$
declare
    by_unicode text := (
        select ' collate pg_catalog.' || quote_ident(collname)
        from pg_collation
        where collname in ('pg_c_utf8', 'und-x-icu') and collnamespace = 'pg_catalog'::regnamespace
        order by collname
        limit 1
    );
begin
    execute format(
        $create$
            create function wh_email_key(email text) returns text
                language sql immutable parallel safe
                return lower(wh_email_trimmed(email)%s)
        $create$,
        coalesce(by_unicode, '')
    );
end
$do$;

comment on function wh_email_key(text) is
    'An e-mail address as accounts are compared by it: wh_email_trimmed, in lower case. Postgres inlines it.';

update users set email = wh_email_trimmed(email), updated_at = wh_now()
where email <> wh_email_trimmed(email) and wh_email_trimmed(email) <> '';
