//! Statements written by hand: whole, each in a `.sql` file beside its repository.

use std::borrow::Cow;
use std::marker::PhantomData;

use chrono::{DateTime, NaiveDate, Utc};
use diesel::QueryResult;
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::serialize::ToSql;
use diesel::sql_types::{
    Array, BigInt, Bool, Date, Double, HasSqlType, Integer, Jsonb, Nullable, Text, Timestamptz, Untyped,
    Uuid as SqlUuid,
};
use uuid::Uuid;
use wh_types::{
    AlertId, AlertKind, AlertRuleId, AlertSeverity, AlertStatus, AppId, AppStatus, AuditEventId, AuditKind,
    BackupCodeId, Ciphertext, DeploymentId, DomainId, EnvKey, GitProvider, Hostname, JobId, JobStatus,
    JobType, KeyHash, LogStream, SessionId, UserId, WebhookDeliveryId, WebhookId, WorkerId, WorkerStatus,
};

/// A statement of constant text with the values of `$1`, `$2`, … in this order. `Id` is a type of its own for each
/// text, by which a connection finds the prepared statement without comparing texts.
pub(crate) struct Sql<Id, B = ()> {
    text: &'static str,
    values: B,
    id: PhantomData<fn() -> Id>,
}

/// The statement of a file, named relative to the file that names it: `sql!("claim.sql").bind(id)`.
macro_rules! sql {
    ($file:literal) => {{
        struct Id;
        $crate::engine::Sql::<Id>::of(include_str!($file))
    }};
}

pub(crate) use sql;

impl<Id> Sql<Id> {
    pub(crate) const fn of(text: &'static str) -> Self {
        Self { text, values: (), id: PhantomData }
    }
}

impl<Id, B> Sql<Id, B> {
    /// The value of the next placeholder. Its type decides the SQL type.
    pub(crate) fn bind<V: Value>(self, value: V) -> Sql<Id, Bound<B, V>> {
        Sql { text: self.text, values: Bound { before: self.values, value }, id: PhantomData }
    }
}

/// Values, the last of them `value`.
pub(crate) struct Bound<B, V> {
    before: B,
    value: V,
}

impl<Id, B: QueryFragment<Pg>> QueryFragment<Pg> for Sql<Id, B> {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        pass.push_sql(self.text);
        self.values.walk_ast(pass)
    }
}

impl<B, V> QueryFragment<Pg> for Bound<B, V>
where
    B: QueryFragment<Pg>,
    V: Value,
    Pg: HasSqlType<V::Type>,
{
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.before.walk_ast(pass.reborrow())?;
        pass.push_bind_param_value_only::<V::Type, _>(&self.value)
    }
}

impl<Id: 'static, B> QueryId for Sql<Id, B> {
    type QueryId = Id;

    const HAS_STATIC_QUERY_ID: bool = true;
}

impl<Id, B> Query for Sql<Id, B> {
    type SqlType = Untyped;
}

/// A Rust type that stands for one SQL type.
pub(crate) trait Value: ToSql<Self::Type, Pg> {
    /// The SQL type.
    type Type: 'static;
}

macro_rules! values {
    ($($sql:ty: $($rust:ty),+;)+) => {
        $($(
            impl Value for $rust {
                type Type = $sql;
            }
        )+)+
    };
}

values! {
    BigInt: i64, AlertId, AlertRuleId, AppId, AuditEventId, BackupCodeId, DeploymentId, DomainId, JobId, SessionId, UserId, WebhookId,
        WebhookDeliveryId, WorkerId;
    Bool: bool;
    Date: NaiveDate;
    Double: f64;
    Integer: i32;
    Jsonb: serde_json::Value;
    Text: str, String, AlertKind, AlertSeverity, AlertStatus, AppStatus, AuditKind, Ciphertext, EnvKey, GitProvider,
        Hostname, JobStatus, JobType, KeyHash, LogStream, WorkerStatus;
    Timestamptz: DateTime<Utc>;
    SqlUuid: Uuid;
}

impl<T: Value + ?Sized> Value for &T {
    type Type = T::Type;
}

impl<T> Value for Cow<'_, T>
where
    T: Value + ToOwned + ?Sized,
    Self: ToSql<T::Type, Pg>,
{
    type Type = T::Type;
}

impl<T: Value> Value for Option<T>
where
    Self: ToSql<Nullable<T::Type>, Pg>,
{
    type Type = Nullable<T::Type>;
}

impl<T: Value> Value for [T]
where
    Self: ToSql<Array<T::Type>, Pg>,
{
    type Type = Array<T::Type>;
}

impl<T: Value> Value for Vec<T>
where
    Self: ToSql<Array<T::Type>, Pg>,
{
    type Type = Array<T::Type>;
}
