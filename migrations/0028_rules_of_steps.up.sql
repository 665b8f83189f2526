-- The rules that several statements share, as functions that Postgres inlines.

create function wh_job_step_allowed(from_status text, to_status text) returns boolean
    language sql immutable parallel safe
    return case from_status
        when 'pending' then to_status in ('assigned', 'cancelled')
        when 'assigned' then to_status in ('processing', 'cancelled')
        when 'processing' then to_status in ('completed', 'failed')
        else false
    end;

comment on function wh_job_step_allowed(text, text) is
    'Whether a job may go from one status to another; JobStatus::can_become in wh-types says the same, and a test compares them.';

create function wh_app_status_after(
    job_type text, job_status text, app_status text, app_was text, has_container boolean
) returns text
    language sql immutable parallel safe
    return case
        when app_status = 'deleted' then 'deleted'
        when job_type = 'delete' and job_status = 'completed' then 'deleted'
        when app_status = 'violated' then 'violated'
        when job_status in ('failed', 'cancelled') then
            case
                when app_was is null and has_container then 'running'
                when app_was is null or app_was in ('pending', 'deploying') then 'failed'
                -- Violated when the job was made, and cleared since.
                when app_was in ('violated', 'deleted') then app_status
                else app_was
            end
        when job_status = 'completed' then case when job_type = 'stop' then 'stopped' else 'running' end
        when job_type in ('restart', 'start') then 'deploying'
        when job_type = 'deploy' and job_status = 'processing' then 'deploying'
        else app_status
    end;

comment on function wh_app_status_after(text, text, text, text, boolean) is
    'The status of an app after a step of its job: the job''s type and its status after the step, the app''s status before the step '
    'and before the job (jobs.app_was; null for jobs from before 0013), and whether the app has a container.';
