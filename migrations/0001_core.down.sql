drop table git_provider_tokens;
drop table app_env_vars;
drop table jobs;
drop table deployments;
drop table apps;
drop table workers;
drop table users;
drop function wh_now();
