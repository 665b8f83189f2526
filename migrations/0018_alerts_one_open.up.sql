-- At most one open alert (active or acknowledged) per source; so far it was one active alert. Of several open ones the newest
-- stays. The index is not built concurrently: another open alert could be raised between the UPDATE and such an index. Readers
-- pass, writers of alerts wait.

lock table alerts in share row exclusive mode;

update alerts as older
set status = 'resolved', resolved_at = wh_now(), updated_at = wh_now()
from alerts as newer
where older.status <> 'resolved' and newer.status <> 'resolved' and newer.id > older.id
  and (newer.user_id, newer.source_type, newer.source_id) = (older.user_id, older.source_type, older.source_id);

create unique index alerts_one_open_per_source on alerts (user_id, source_type, source_id) where status <> 'resolved';

comment on table alerts is 'What users are warned of; one source has at most one open (not resolved) alert.';
