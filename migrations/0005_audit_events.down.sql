alter table audit_events rename to login_events;
alter sequence audit_events_id_seq rename to login_events_id_seq;
alter index audit_events_user_ip_idx rename to login_events_user_ip_idx;

-- In a loop, because Postgres 18 also keeps NOT NULL as named constraints.
do $$
declare
    old_name text;
begin
    for old_name in
        select conname from pg_constraint
        where conrelid = 'public.login_events'::regclass and starts_with(conname, 'audit_events_')
    loop
        execute format(
            'alter table public.login_events rename constraint %I to %I',
            old_name, replace(old_name, 'audit_events_', 'login_events_')
        );
    end loop;
end
$$;

comment on table login_events is 'What users did with their accounts. Grows without end.';
