-- second_factor.forget
DELETE FROM second_factor_failures
WHERE user_id = $1
