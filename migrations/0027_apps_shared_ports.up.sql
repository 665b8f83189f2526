-- Ports that several apps of one worker had before 0026: a living app keeps it before a deleted one, a running one before others,
-- then the one that changed last.

with ranked as (
    select id, row_number() over (
        partition by worker_id, port
        order by deleted_at is null desc, status = 'running' desc, updated_at desc, id desc
    ) as place
    from apps
    where port > 0 and worker_id is not null
)
update apps set port = 0, updated_at = wh_now()
from ranked
where ranked.id = apps.id and ranked.place > 1;

-- The environment of a deleted app is kept for nothing.
delete from app_env_vars using apps where apps.id = app_env_vars.app_id and apps.deleted_at is not null;

comment on table app_env_vars is 'Environment of an app; goes when the app is deleted.';
