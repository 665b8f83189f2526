-- apps.now
SELECT wh_now() AS now
