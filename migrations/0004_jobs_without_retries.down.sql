-- Every job gets the defaults: what the columns held is not kept, the jobs are.

alter table jobs
    add column max_retries integer not null default 3
        constraint jobs_max_retries_check check (max_retries >= 0),
    add column retry_count integer not null default 0
        constraint jobs_retry_count_check check (retry_count >= 0);

comment on column jobs.max_retries is 'How often it may be tried again.';
comment on column jobs.retry_count is 'How often it was tried again.';
