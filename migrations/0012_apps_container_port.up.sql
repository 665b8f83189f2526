-- The port that an app's program listens on. It was only in the payload of the first job, so a redeploy could not be built from
-- the database. Maintenance fills it for apps from before.

alter table apps
    add column container_port integer not null default 0,
    add constraint apps_container_port_check check (container_port between 0 and 65535) not valid;

comment on column apps.container_port is
    'Port that the program listens on inside its container; 0 is unknown (apps from before migration 0012). `port` is the worker''s.';
