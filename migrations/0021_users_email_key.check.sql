-- Several accounts have the same e-mail address once it is trimmed, in Unicode form NFC and in lower case. Give all but one of
-- each another address, or delete them.
with white (space) as (
    values (E' \t\n\x0b\f\r\u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000')
)
select 'users ' || string_agg(id::text, ', ' order by id) as finding
from users, white
group by lower(btrim(normalize(email, NFC), space))
having count(*) > 1
order by min(id);
