-- Makes a TOTP code good once, and counts wrong answers of the second factor. One table per file: a migration that waits for the
-- locks of several tables can deadlock with requests. Nothing locks a new table.

alter table users
    add column totp_last_step bigint,
    add constraint users_totp_last_step_check check (totp_last_step >= 0) not valid;

comment on column users.totp_last_step is
    'Time step of the last TOTP code that was accepted; a code of this or an earlier step is refused. Null before the first.';

create table second_factor_failures (
    user_id bigint constraint second_factor_failures_pkey primary key,
    failures integer not null
        constraint second_factor_failures_failures_check check (failures > 0),
    failed_since timestamptz not null
);

create index second_factor_failures_failed_since_idx on second_factor_failures (failed_since);

comment on table second_factor_failures is
    'Wrong answers of the second factor, by user. Without a foreign key: a transaction that holds the user''s row must not stop the counting.';
comment on column second_factor_failures.user_id is 'Whose second factor; the user may be gone.';
comment on column second_factor_failures.failures is 'Wrong answers within the current window.';
comment on column second_factor_failures.failed_since is 'First wrong answer of the current window.';
