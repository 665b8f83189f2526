-- More than sign-ins is recorded by now. Code from before this migration does not find its table after it: stop it first.

alter table login_events rename to audit_events;
alter sequence login_events_id_seq rename to audit_events_id_seq;
alter index login_events_user_ip_idx rename to audit_events_user_ip_idx;

-- In a loop, because Postgres 18 also keeps NOT NULL as named constraints.
do $$
declare
    old_name text;
begin
    for old_name in
        select conname from pg_constraint
        where conrelid = 'public.audit_events'::regclass and starts_with(conname, 'login_events_')
    loop
        execute format(
            'alter table public.audit_events rename constraint %I to %I',
            old_name, replace(old_name, 'login_events_', 'audit_events_')
        );
    end loop;
end
$$;

comment on table audit_events is 'What users did with their accounts; append-only. Grows without end.';
