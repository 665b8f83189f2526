-- alerts.list: the counters
SELECT
    count(*) FILTER (WHERE status = 'active') AS active,
    count(*) FILTER (WHERE status = 'acknowledged') AS acknowledged,
    count(*) FILTER (WHERE status = 'resolved') AS resolved
FROM alerts
WHERE user_id = $1
