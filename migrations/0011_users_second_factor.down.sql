drop table second_factor_failures;

alter table users
    drop column totp_last_step;
