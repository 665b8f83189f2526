drop function domains_mark_verified(bigint);
drop index workers_zone_idx;
