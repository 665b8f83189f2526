-- The older schema holds one claim per name: the verified one, else the oldest.

lock table domains in access exclusive mode;

delete from domains as other
using domains as kept
where kept.hostname = other.hostname and kept.id <> other.id
  and (kept.verified, -kept.id) > (other.verified, -other.id);

alter table domains add constraint domains_hostname_key unique (hostname);
drop index domains_unverified_idx;
drop index domains_app_hostname_key;
drop index domains_hostname_verified_key;

comment on column domains.verified is 'Whether the proxy routes it.';
comment on column domains.hostname is 'Lower case, unique over the whole platform.';
