-- One port of one worker belongs to one app: the app that took it last. A trigger and not a unique index: an app that takes a
-- port must not be refused, and processes from before do not clear the earlier one.

create function apps_one_per_port() returns trigger
    language plpgsql
    as $$
begin
    -- Two apps of a worker that take one port at the same moment take it in turn: the UPDATE sees what the other has committed. One
    -- lock per worker, since each lock of a statement takes room in shared memory.
    perform pg_advisory_xact_lock(hashtextextended('apps_one_per_port', new.worker_id));
    update public.apps set port = 0, updated_at = public.wh_now()
    where worker_id = new.worker_id and port = new.port and id <> new.id
      -- Not if another row of the same statement has taken it from this one.
      and exists (select from public.apps where id = new.id and worker_id = new.worker_id and port = new.port);
    return null;
end
$$;

comment on function apps_one_per_port() is 'Sets the port of every other app to 0 that has the port of this one, on its worker.';

create trigger apps_one_per_port
    after update of port, worker_id on apps
    for each row when (
        new.port > 0 and new.worker_id is not null
        and (new.port <> old.port or new.worker_id is distinct from old.worker_id)
    )
    execute function apps_one_per_port();

comment on trigger apps_one_per_port on apps is 'The later report of a port takes it from the earlier app.';
comment on column apps.port is
    'Port of the worker that leads to the container; 0 while there is none. It belongs to the app that took it last.';
