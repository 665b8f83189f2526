-- Nothing is retried by itself: the user redeploys.

alter table jobs
    drop column max_retries,
    drop column retry_count;
