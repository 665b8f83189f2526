-- Both are covered by alerts_one_open_per_source. ON CONFLICT … WHERE status = 'active', as processes from before send it, finds
-- that index.

drop index alerts_one_active_per_source, alerts_open_source_idx;
