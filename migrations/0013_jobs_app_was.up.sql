-- A failed or cancelled job gives its app the status from before the job.

alter table jobs
    add column app_was text,
    add constraint jobs_app_was_check
        check (app_was in ('pending', 'deploying', 'running', 'stopped', 'failed', 'violated', 'deleted')) not valid;

comment on column jobs.app_was is
    'Status of the app before the job, which it gets back if the job fails or is cancelled; null for jobs from before migration 0013.';
