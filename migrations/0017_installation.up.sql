-- An id of this database, so that two installations on one Redis do not read each other's entries.

create table installation (
    only_row boolean not null default true
        constraint installation_pkey primary key
        constraint installation_only_row_check check (only_row),
    id uuid not null default gen_random_uuid(),
    created_at timestamptz not null default wh_now()
);

insert into installation default values;

comment on table installation is 'One row: which installation of the data layer this database is.';
comment on column installation.only_row is 'Always true: the key that keeps the table at one row.';
comment on column installation.id is
    'Drawn by the migration. Part of the prefix in Redis, beside the database''s name and the server''s `system_identifier`.';
