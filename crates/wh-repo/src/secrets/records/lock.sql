-- secrets.lock
LOCK TABLE encryption_keys IN SHARE ROW EXCLUSIVE MODE
