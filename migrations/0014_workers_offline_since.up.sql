-- How long a worker has been away: the sweep gives up its assigned jobs by this, not by their age.

alter table workers add column offline_since timestamptz;

update workers set offline_since = coalesce(last_heartbeat_at, updated_at) where status = 'offline';

comment on column workers.offline_since is
    'When the worker went offline; null while it is online. Also null if a process from before migration 0014 marked it offline: '
    'then `last_heartbeat_at` is the best guess.';
