alter table apps drop column container_port;
