alter table jobs drop column app_was;
