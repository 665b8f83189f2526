-- Alerts that the up resolved stay resolved.

comment on table alerts is 'What users are warned of; one source has at most one active alert.';
drop index alerts_one_open_per_source;
