//! Typed keys.

use std::{
    fmt::{self, Display},
    marker::PhantomData,
    time::Duration,
};

use crate::eviction::Eviction;

/// A family of entries: the types of its keys and values, and their time to live. Define it once, as a constant.
///
/// ```
/// use std::time::Duration;
/// use wh_cache::{Eviction, Namespace};
///
/// const USERS: Namespace<i64, String> = Namespace::new("user", Duration::from_secs(300));
/// assert_eq!(USERS.key(&17), "user:17");
/// assert_eq!(USERS.eviction(&17), Eviction::Key("user:17".to_owned()));
/// ```
pub struct Namespace<K: ?Sized, V> {
    name: &'static str,
    ttl: Duration,
    absent_ttl: Duration,
    types: PhantomData<fn(&K) -> V>,
}

impl<K: ?Sized, V> Namespace<K, V> {
    /// A namespace whose entries live for `ttl`. Absences live for ten seconds, or for `ttl` if that is shorter.
    ///
    /// The name begins every key, is followed by a colon, and shows up in metrics.
    #[must_use]
    pub const fn new(name: &'static str, ttl: Duration) -> Self {
        let ten_seconds = Duration::from_secs(10);
        let absent_ttl = if ttl.as_nanos() < ten_seconds.as_nanos() { ttl } else { ten_seconds };
        Self { name, ttl, absent_ttl, types: PhantomData }
    }

    /// The same namespace, whose absences live for `ttl`. Zero: absences are not cached.
    #[must_use]
    pub const fn absent_for(self, ttl: Duration) -> Self {
        Self { name: self.name, ttl: self.ttl, absent_ttl: ttl, types: PhantomData }
    }

    /// The name that begins every key.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Time to live of an entry.
    #[must_use]
    pub const fn ttl(&self) -> Duration {
        self.ttl
    }

    /// Time to live of an absence.
    #[must_use]
    pub const fn absent_ttl(&self) -> Duration {
        self.absent_ttl
    }

    /// The eviction of all entries of this namespace.
    #[must_use]
    pub fn everything(&self) -> Eviction {
        Eviction::Prefix(format!("{}:", self.name))
    }
}

impl<K: Display + ?Sized, V> Namespace<K, V> {
    /// The key under which the value of `key` is kept, as [`Cache::get`](crate::Cache::get) takes it.
    #[must_use]
    pub fn key(&self, key: &K) -> String {
        format!("{}:{key}", self.name)
    }

    /// The eviction of the entry of `key`.
    #[must_use]
    pub fn eviction(&self, key: &K) -> Eviction {
        Eviction::Key(self.key(key))
    }
}

impl<K: ?Sized, V> fmt::Debug for Namespace<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, ttl, absent_ttl, .. } = self;
        write!(f, "Namespace({name}, {ttl:?}, absent for {absent_ttl:?})")
    }
}
