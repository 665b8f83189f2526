-- domains.mark_verified
-- A function of migration 0036: an UPDATE alone would break the unique rule if two claims of a name are verified at the same
-- moment, and the caller's transaction with it.
SELECT domains_mark_verified($1) AS outcome
