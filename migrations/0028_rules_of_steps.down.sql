drop function wh_app_status_after(text, text, text, text, boolean);
drop function wh_job_step_allowed(text, text);
