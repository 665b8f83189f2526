-- Makes a TOTP code good once, and counts wrong answers of the second factor. One table per file: a migration that waits for the
-- locks of several tables can deadlock with requests.

alter table users
    add column totp_last_step bigint,
    add column second_factor_failures integer not null default 0,
    add column second_factor_failed_since timestamptz,
    add constraint users_totp_last_step_check check (totp_last_step >= 0) not valid,
    add constraint users_second_factor_failures_check check (second_factor_failures >= 0) not valid,
    add constraint users_second_factor_failed_since_check
        check ((second_factor_failed_since is null) = (second_factor_failures = 0)) not valid;

comment on column users.totp_last_step is
    'Time step of the last TOTP code that was accepted; a code of this or an earlier step is refused. Null before the first.';
comment on column users.second_factor_failures is 'Wrong answers of the second factor within the current window.';
comment on column users.second_factor_failed_since is
    'First wrong answer of the current window; null exactly while there is none.';
