alter table workers drop column offline_since;
