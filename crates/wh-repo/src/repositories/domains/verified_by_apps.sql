-- domains.verified_by_apps
SELECT app_id, hostname
FROM domains
WHERE app_id = ANY ($1) AND verified
ORDER BY app_id, hostname
