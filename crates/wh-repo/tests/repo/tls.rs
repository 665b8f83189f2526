//! TLS, with libpq's meaning of each `sslmode`.
