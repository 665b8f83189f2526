-- database.installation
-- Every role may read the system_identifier. current_database() is a name, which the driver reads as text only when cast.
SELECT installation.id, control.system_identifier, current_database()::text AS database
FROM installation, pg_control_system() AS control
