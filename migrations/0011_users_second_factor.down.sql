alter table users
    drop column second_factor_failed_since,
    drop column second_factor_failures,
    drop column totp_last_step;
