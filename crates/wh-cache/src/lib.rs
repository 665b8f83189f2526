//! Two tiers of cache that stay right across processes.
