//! The time of the database, as a term of a query.

#[diesel::declare_sql_function]
extern "SQL" {
    /// The database's time, or what a test has put into the setting `wh.now`.
    #[sql_name = "wh_now"]
    fn now() -> Timestamptz;
}
