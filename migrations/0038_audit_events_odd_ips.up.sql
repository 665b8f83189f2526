-- wh: no-transaction
-- Finds addresses that are not written in their canonical form, as rows from before may have them. New rows never come in. The
-- condition also holds for a few canonical ones.
create index concurrently audit_events_user_odd_ip_idx on audit_events (user_id, ip)
    where ip ~ '[^0-9a-f.:]|:.*[.]|^::ffff:|(^|:)0[0-9a-f]|(^|:)0:0(:|$)|^(?=.*::)(?:.*:){7}';
