-- Any number of users may claim a host name; the first who verifies it has it. What deleted apps still held is free again. The
-- strongest lock first: taking it after a weaker one can deadlock. Processes from before this migration find no rule for their
-- ON CONFLICT (hostname), which they send when two callers add one name at the same moment.

lock table domains in access exclusive mode;

delete from domains using apps where apps.id = domains.app_id and apps.deleted_at is not null;

create unique index domains_hostname_verified_key on domains (hostname) where verified;
create unique index domains_app_hostname_key on domains (app_id, hostname);
create index domains_unverified_idx on domains (created_at, id) where not verified;
alter table domains drop constraint domains_hostname_key;

comment on column domains.hostname is 'Lower case; unique among verified domains, and once per app.';
comment on column domains.verified is 'Whether the proxy routes it. One that is not verified after 7 days is pruned.';
