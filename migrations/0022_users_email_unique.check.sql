-- Several accounts have the same e-mail address once it is trimmed, in Unicode form NFC and in lower case. Give all but one of
-- each another address, or delete them.
select 'users ' || string_agg(id::text, ', ' order by id) as finding
from users
group by wh_email_key(email)
having count(*) > 1
order by min(id);
