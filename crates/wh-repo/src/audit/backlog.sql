-- audit.chain_backlog
SELECT wh_audit_chain_backlog($1::bigint::integer) AS chained
