-- wh: no-transaction
drop index concurrently apps_routed_idx;
