-- Which app had the port too, and what the environment was, is not kept.

comment on table app_env_vars is 'Environment of an app.';
