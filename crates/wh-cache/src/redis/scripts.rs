//! What the server does in one step. Each script has the value's key first and its token's second.
//!
//! A lease is a token that a reader found, or left, where it found no value. Every eviction removes it, so that whoever read the
//! source before the eviction finds another token there, or none, and does not store.

/// Value and milliseconds left; or the token alone, which is made if there is none and the first argument offers one (the second is
/// its life in milliseconds); or nothing.
pub(super) const READ: &str = "\
local value = redis.call('GET', KEYS[1])
if value then return {value, redis.call('PTTL', KEYS[1])} end
if ARGV[1] == '' then return {} end
local token = redis.call('GET', KEYS[2])
if token then return {token} end
local made = redis.pcall('SET', KEYS[2], ARGV[1], 'PX', ARGV[2])
if not made['err'] then return {ARGV[1]} end
if string.find(made['err'], 'OOM') then return {} end
return made";

/// Stores the second argument for the third in milliseconds, if the token is still the first; says whether it did.
pub(super) const STORE: &str = "\
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1";

/// Stores the first argument for the second in milliseconds, ends all leases, and publishes the fourth on the third. A server
/// that has no room at least forgets the old value: the refusal has to come from the first write, or the script would go on.
pub(super) const WRITE: &str = "\
local written = redis.pcall('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
redis.call('UNLINK', KEYS[2])
if written['err'] then redis.call('UNLINK', KEYS[1]) end
redis.call('PUBLISH', ARGV[3], ARGV[4])
return written";
