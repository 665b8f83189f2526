comment on column apps.port is 'Port of the worker that leads to the container; 0 while there is none.';
drop trigger apps_one_per_port on apps;
drop function apps_one_per_port();
